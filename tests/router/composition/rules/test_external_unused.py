"""EXTERNAL_UNUSED."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2

B = fed2(
    """type Query { t: T }
    type T @key(fields: "id") { id: ID! x: Int @shareable o: O @shareable }
    type O { y: Int @shareable }"""
)
A = 'type T @key(fields: "id") {{ id: ID! x: Int @external {more} }}'


def test_an_external_field_for_nothing() -> None:
    assert all_found(a=fed2(A.format(more="")), b=B) == [
        "EXTERNAL_UNUSED [a:2:37]: T.x is external, but no field set and no interface needs it"
    ]


def test_a_type_that_is_external_for_nothing() -> None:
    assert all_found(a=fed2('type T @key(fields: "id") @external { id: ID! x: Int }'), b=B) == [
        "EXTERNAL_UNUSED [a:2:47]: T.x is external, but no field set and no interface needs it"
    ]


@pytest.mark.parametrize(
    "sdl",
    [
        A.format(more='y: Int @requires(fields: "x")'),
        A.format(more="") + ' type Query { u: T @provides(fields: "x") }',
        A.format(more="") + ' type Query { u: I @provides(fields: "... on T { x }") } interface I { id: ID! }',
        A.format(more="").replace("type T", "type T implements I") + " interface I { x: Int }",
        A.format(more="").replace('"id"', '"id x"'),
        A.format(more='o: O @external z: Int @requires(fields: "x o { y }")') + " type O { y: Int @external }",
    ],
)
def test_an_external_field_for_something(sdl: str) -> None:
    if "... on T" in sdl:
        sdl = sdl.replace("type T", "type T implements I")
    assert all_found(a=fed2(sdl), b=B) == []


def test_federation_1_let_it_stand() -> None:
    assert all_found(a=A.format(more=""), b=B) == []
