"""KEY_INVALID_FIELDS, REQUIRES_INVALID_FIELDS, PROVIDES_INVALID_FIELDS."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2, found

TAIL = "type O { id: ID! f(a: Int!): Int } type Query { t: T }"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ("nope", "T has no field nope; one of another subgraph is declared @external"),
        ("o { nope }", "O has no field nope; one of another subgraph is declared @external"),
        ("id {", "it does not parse: Syntax Error: Expected Name, found <EOF>."),
        ("", "it selects nothing of T"),
        ("o {}", "it selects nothing of O"),
        ("id} {id", "it does not parse: more than one selection"),
        ("o", "T.o needs a selection of its fields"),
        ("id { x }", "T.id has no fields to select"),
        ("x: id", "id cannot have an alias"),
        ("id @nope", "there is no directive @nope"),
        ("...F", "there is no fragment F in a field set"),
        ("... on Z { id }", "there is no type Z in this subgraph"),
        ("... on O { id }", "no T can be a O"),
    ],
)
def test_a_key_that_is_no_selection(fields: str, problem: str) -> None:
    sdl = fed2(f'type T @key(fields: "{fields}") {{ id: ID! o: O }} {TAIL}')
    assert found("KEY_INVALID_FIELDS", a=sdl) == [f"KEY_INVALID_FIELDS [a:2:8]: @key on T: {problem}"]


@pytest.mark.parametrize("fields", ["id o { id }", "{ id }", "... on T { id }", "__typename id"])
def test_a_key_that_is_one(fields: str) -> None:
    assert all_found(a=fed2(f'type T @key(fields: "{fields}") {{ id: ID! o: O }} {TAIL}')) == []


def test_a_list_of_fields_of_federation_1_is_one() -> None:
    assert (
        all_found(a='type T @key(fields: ["id", "o { id }"]) { id: ID! o: O } type O { id: ID! } type Query { t: T }')
        == []
    )


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ("nope", "T has no field nope; one of another subgraph is declared @external"),
        ("o { f }", "O.f needs its argument a"),
        ("o { f(a: 1, b: 2) }", "O.f has no argument b"),
    ],
)
def test_a_requirement_that_is_no_selection(fields: str, problem: str) -> None:
    sdl = fed2(f'type T @key(fields: "id") {{ id: ID! o: O @external r: Int @requires(fields: "{fields}") }} {TAIL}')
    assert found("REQUIRES_INVALID_FIELDS", a=sdl) == [f"REQUIRES_INVALID_FIELDS [a:2:59]: @requires on T.r: {problem}"]


def test_a_requirement_with_arguments_that_is_one() -> None:
    a = 'type T @key(fields: "id") { id: ID! o: O @external r: Int @requires(fields: "o { f(a: 1) }") } '
    b = 'type T @key(fields: "id") { id: ID! o: O } type O @shareable { id: ID! f(a: Int!): Int }'
    assert all_found(a=fed2(a + TAIL.replace("type O", "type O @shareable")), b=fed2(b)) == []


def test_a_promise_that_is_no_selection() -> None:
    sdl = fed2('type Query { t: T @provides(fields: "id") } type T { x: Int }')
    assert found("PROVIDES_INVALID_FIELDS", a=sdl) == [
        "PROVIDES_INVALID_FIELDS [a:2:19]: @provides on Query.t: T has no field id; "
        "one of another subgraph is declared @external"
    ]


def test_a_promise_that_is_one() -> None:
    a = 'type Query { t: T @provides(fields: "x") } type T @key(fields: "id") { id: ID! x: Int @external }'
    b = 'type T @key(fields: "id") { id: ID! x: Int @shareable }'
    assert all_found(a=fed2(a), b=fed2(b)) == []
