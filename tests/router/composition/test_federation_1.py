"""Subgraphs without a link to federation 2 mean what they meant in Federation 1."""

from __future__ import annotations

from router.supergraph.reading import read_supergraph

from .rules.composing import all_found, fed2
from .supergraphs import composed, definition, line

BASE = 'type Query { t: T } type T @key(fields: "id") { id: ID! x: Int y: Int }'


def test_the_key_of_an_extension_is_its_own() -> None:
    sdl = composed(base=BASE, more='extend type T @key(fields: "id") { id: ID! @external z: Int }')
    assert line(sdl, "T", "id") == "id: ID!"
    assert line(sdl, "T", "z") == "z: Int @join__field(graph: MORE)"
    assert '@join__type(graph: MORE, key: "id")' in definition(sdl, "T")


def test_extends_as_a_directive() -> None:
    sdl = composed(base=BASE, more='type T @extends @key(fields: "id") { id: ID! @external z: Int }')
    assert '@join__type(graph: MORE, key: "id", extension: true)' in definition(sdl, "T")


def test_an_extension_without_a_key_has_that_of_others() -> None:
    sdl = composed(
        base='type T @key(fields: "id") { id: ID! }',
        more="extend type T { id: ID! @external z: Int } type Query { m: T }",
    )
    assert line(sdl, "T", "id") == "id: ID!"
    assert line(sdl, "T", "z") == "z: Int @join__field(graph: MORE)"


def test_what_several_resolve_is_shared() -> None:
    value = "type V { a: Int b: Int } type Query { %s: V t: Int }"
    sdl = composed(one=value % "x", two=value % "y")
    assert definition(sdl, "V") == ("type V @join__type(graph: ONE) @join__type(graph: TWO) {\n  a: Int\n  b: Int\n}")
    assert line(sdl, "Query", "t") == "t: Int"


def test_a_federation_2_subgraph_must_still_say_that_it_shares() -> None:
    assert all_found(one="type Query { a: Int }", two=fed2("type Query { a: Int @shareable }")) == []
    assert all_found(one="type Query { a: Int }", two=fed2("type Query { a: Int }")) == [
        "INVALID_FIELD_SHARING [one:1:14, two:2:14]: Query.a is resolved by one and two, and not shareable in two"
    ]


def test_a_requirement() -> None:
    sdl = composed(
        base=BASE,
        more='extend type T @key(fields: "id") { id: ID! @external x: Int @external z: Int @requires(fields: "x") }',
    )
    assert line(sdl, "T", "x") == "x: Int @join__field(graph: BASE) @join__field(graph: MORE, external: true)"
    assert line(sdl, "T", "z") == 'z: Int @join__field(graph: MORE, requires: "x")'


def test_a_requirement_of_what_is_at_hand_is_none() -> None:
    sdl = composed(
        base=BASE,
        more='extend type T @key(fields: "id") { id: ID! @external x: Int @external z: Int @requires(fields: "id x") '
        'w: Int @requires(fields: "id") }',
    )
    assert line(sdl, "T", "z") == 'z: Int @join__field(graph: MORE, requires: "x")'
    assert line(sdl, "T", "w") == "w: Int @join__field(graph: MORE)"


def test_an_external_field_nobody_mentions_is_not_there() -> None:
    sdl = composed(base=BASE, more='extend type T @key(fields: "id") { id: ID! @external x: Int @external z: Int }')
    assert line(sdl, "T", "x") == "x: Int @join__field(graph: BASE)"


def test_nor_is_a_type_of_such_fields_alone() -> None:
    sdl = composed(base=BASE, more="extend type T { x: Int @external } type Query { m: Int }")
    assert definition(sdl, "T").startswith('type T @join__type(graph: BASE, key: "id") {')


def test_interfaces_have_no_keys() -> None:
    sdl = composed(
        base='type Query { i: I } interface I @key(fields: "id") { id: ID! } '
        'type T implements I @key(fields: "id") { id: ID! }',
    )
    assert definition(sdl, "I") == "interface I @join__type(graph: BASE) {\n  id: ID!\n}"


def test_external_on_a_type_meant_nothing() -> None:
    sdl = composed(base='type Query { t: T } type T @key(fields: "id") @external { id: ID! x: Int }')
    assert line(sdl, "T", "x") == "x: Int"


def test_tags_on_external_fields_are_left_out() -> None:
    sdl = composed(
        base=BASE,
        more='extend type T @key(fields: "id") { id: ID! @external x: Int @external @tag(name: "a") '
        'z: Int @requires(fields: "x") }',
    )
    assert "@tag" not in line(sdl, "T", "x")


def test_both_federations_in_one_graph() -> None:
    sdl = composed(
        one='type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }',
        two=fed2('type T @key(fields: "id") { id: ID! y: Int } extend type Query { u: T }'),
    )
    graph = read_supergraph(sdl)
    assert list(graph.types["T"].fields["id"].owners) == ["one", "two"]
    assert definition(sdl, "Query") == (
        "type Query @join__type(graph: ONE) @join__type(graph: TWO) {\n"
        "  t: T @join__field(graph: ONE)\n"
        "  u: T @join__field(graph: TWO)\n}"
    )
