"""REQUIRES_FIELDS_MISSING_EXTERNAL, PROVIDES_FIELDS_MISSING_EXTERNAL."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2, found

B = """
type Query { t: T }
type T @key(fields: "id") { id: ID! x: Int @shareable o: O @shareable }
type O @key(fields: "id") { id: ID! y: Int @shareable }
"""


@pytest.mark.parametrize(("fields", "leaf"), [("x", "T.x"), ("o { id y }", "O.id"), ("... on T { x }", "T.x")])
def test_a_requirement_of_what_is_at_hand(fields: str, leaf: str) -> None:
    sdl = f"""type T @key(fields: "id") {{ id: ID! x: Int @shareable o: O @shareable
        z: Int @requires(fields: "{fields}") }}
      type O @key(fields: "id") {{ id: ID! y: Int @external }}"""
    assert found("REQUIRES_FIELDS_MISSING_EXTERNAL", a=fed2(sdl), b=fed2(B)) == [
        f"REQUIRES_FIELDS_MISSING_EXTERNAL [a:3:16]: @requires on T.z: {leaf} is not external: a resolves it itself"
    ]


@pytest.mark.parametrize("fields", ["x", "o { y }", "o { y } x", "p { y }", "p { id y }"])
def test_a_requirement_of_what_others_have(fields: str) -> None:
    sdl = f"""type T @key(fields: "id") {{
        id: ID! x: Int @external o: O @shareable p: O @external
        z: Int @requires(fields: "{fields} x o {{ y }} p {{ id }}")
      }}
      type O @key(fields: "id") {{ id: ID! y: Int @external }}"""
    assert all_found(a=fed2(sdl), b=fed2(B.replace("x: Int", "p: O x: Int"))) == []


def test_the_key_of_an_extension_is_at_hand_whatever_it_is_called() -> None:
    sdl = 'extend type T @key(fields: "id") { id: ID! @external z: Int @requires(fields: "id") }'
    assert found("REQUIRES_FIELDS_MISSING_EXTERNAL", a=fed2(sdl), b=fed2(B)) == [
        "REQUIRES_FIELDS_MISSING_EXTERNAL [a:2:61]: @requires on T.z: T.id is not external: a resolves it itself"
    ]


def test_a_promise_of_what_comes_anyway() -> None:
    sdl = 'type Query { u: T @provides(fields: "x") } type T @key(fields: "id") { id: ID! x: Int @shareable }'
    assert found("PROVIDES_FIELDS_MISSING_EXTERNAL", a=fed2(sdl), b=fed2(B)) == [
        "PROVIDES_FIELDS_MISSING_EXTERNAL [a:2:19]: @provides on Query.u: T.x is not external: a resolves it itself"
    ]


def test_a_promise_by_way_of_an_interface() -> None:
    a = """type Query { i: I @shareable @provides(fields: "x") }
      interface I { x: Int }
      type T implements I @key(fields: "id") { id: ID! x: Int @external }"""
    b = """type Query { i: I @shareable }
      interface I { x: Int }
      type T implements I @key(fields: "id") { id: ID! x: Int @shareable }"""
    assert all_found(a=fed2(a), b=fed2(b)) == []


def test_federation_1_let_it_stand() -> None:
    sdl = """type Query { u: T @provides(fields: "x") }
      type T @key(fields: "id") { id: ID! x: Int z: Int @requires(fields: "x") }"""
    assert all_found(a=sdl) == []
