"""What the names in a subgraph's SDL mean, and where everything stands."""

from __future__ import annotations

import pytest

from router.composition.places import Place
from router.composition.read_subgraph import read_subgraph
from router.composition.subgraph import BUILT_IN, FEDERATION, SubgraphSchema, SubgraphSource

from .rules.composing import all_found, fed2
from .supergraphs import composed, definition, line

URL = "https://specs.apollo.dev/federation/v2.5"


def read(sdl: str) -> SubgraphSchema:
    return read_subgraph(SubgraphSource("a", "http://a", sdl))


@pytest.mark.parametrize(
    "sdl",
    [
        f'extend schema @link(url: "{URL}", import: ["@key"]) type T @key(fields: "id") {{ id: ID! }}',
        f'schema @link(url: "{URL}", import: [{{name: "@key"}}]) {{ query: Q }} type T @key(fields: "id") {{ id: ID }}',
        f'extend schema @link(url: "{URL}", import: [{{name: "@key", as: "@k"}}]) type T @k(fields: "id") {{ id: ID }}',
        f'extend schema @link(url: "{URL}") type T @federation__key(fields: "id") {{ id: ID! }}',
        f'extend schema @link(url: "{URL}", as: "fed") type T @fed__key(fields: "id") {{ id: ID! }}',
        'extend schema @use(url: "https://specs.apollo.dev/link/v1.0", as: "use") '
        f'@use(url: "{URL}/", import: ["@key"]) type T @key(fields: "id") {{ id: ID! }}',
        'schema @core(feature: "https://specs.apollo.dev/core/v0.1") '
        f'@core(feature: "{URL}", as: "fed") {{ query: Q }} type T @fed__key(fields: "id") {{ id: ID! }}',
    ],
    ids=[
        "imported",
        "as an object",
        "renamed",
        "by prefix",
        "by another prefix",
        "renamed link",
        "core",
    ],
)
def test_a_key_by_any_name(sdl: str) -> None:
    sub = read(sdl)
    assert sub.federation == (2, 5)
    assert [key.text for key in sub.types["T"].keys] == ["id"]


def test_a_directive_that_no_link_explains_is_the_subgraphs_own() -> None:
    sub = read(f'extend schema @link(url: "{URL}") directive @key(x: Int) on OBJECT type T @key(x: 1) {{ id: ID! }}')
    assert sub.types["T"].keys == ()
    (applied,) = sub.types["T"].directives
    assert (applied.spec, applied.name, applied.value("x")) == ("", "key", 1)
    assert list(sub.directive_definitions) == ["key"]


def test_whose_a_directive_is() -> None:
    sub = read(
        f'extend schema @link(url: "{URL}", import: ["@tag"]) @link(url: "https://specs.apollo.dev/cost/v0.1") '
        '@link(url: "https://own.dev/x/v1.0", import: ["@mine", "Scalar"]) @link(url: "https://own.dev/same") '
        'type T @tag(name: "a") @cost(weight: 1) @deprecated @mine @x__other @same { id: ID! }'
    )
    assert [(applied.spec, applied.name) for applied in sub.types["T"].directives] == [
        (FEDERATION, "tag"),
        (FEDERATION, "cost"),
        (BUILT_IN, "deprecated"),
        ("https://own.dev/x", "mine"),
        ("https://own.dev/x", "other"),
        ("https://own.dev/same", "same"),
    ]


def test_every_element_knows_its_place() -> None:
    sub = read(
        'type Query {\n  a(x: Int): E @deprecated\n}\n"An enum." enum E {\n  "A value." A\n}\ninput I { i: Int }'
    )
    field = sub.types["Query"].fields["a"]
    assert field.place == Place("a", 2, 3)
    assert field.arguments["x"].place == Place("a", 2, 5)
    assert field.directives[0].place == Place("a", 2, 16)
    assert sub.types["E"].values["A"].place == Place("a", 5, 3)
    assert str(sub.types["I"].inputs["i"].place) == "a:7:11"


def test_a_type_and_its_extensions_are_one() -> None:
    sub = read('extend type T @key(fields: "a") { a: ID }\ntype T { b: Int }\nextend type T implements I { c: Int }')
    type_ = sub.types["T"]
    assert (list(type_.fields), type_.interfaces, type_.extension, type_.place.line) == (
        ["a", "b", "c"],
        ("I",),
        False,
        2,
    )


def test_federations_own_parts_are_left_out() -> None:
    sub = read(
        f'extend schema @link(url: "{URL}", import: ["FieldSet"]) scalar _Any scalar FieldSet scalar link__Import '
        "scalar federation__Scope union _Entity = T type _Service { sdl: String } type T { a: Int } "
        "directive @key(fields: FieldSet!) repeatable on OBJECT directive @federation__tag(name: String!) on OBJECT "
        "type Query { _service: _Service! _entities(representations: [_Any!]!): [_Entity]! a: Int }"
    )
    assert list(sub.types) == ["T", "Query"]
    assert list(sub.types["Query"].fields) == ["a"]
    assert list(sub.directive_definitions) == ["key"]


def test_roots_by_other_names() -> None:
    sdl = composed(
        a=fed2(
            "extend schema { query: Root mutation: M } type Root { me: Root! all: [Root!]! } "
            "type M { x: Root } union U = Root"
        )
    )
    assert line(sdl, "Query", "me") == "me: Query!"
    assert line(sdl, "Query", "all") == "all: [Query!]!"
    assert line(sdl, "Mutation", "x") == "x: Query"
    assert definition(sdl, "Root") == ""
    assert definition(sdl, "U").endswith("= Query")


def test_a_subgraph_that_cannot_be_read_hides_nothing_of_the_others() -> None:
    found = all_found(
        a="type Query { a: ",
        b=fed2('type Query { b: Int } type T @key(fields: "x") { id: ID! }'),
        c=fed2('type Query { c: Int @override(from: "c") }'),
    )
    assert found == [
        "INVALID_GRAPHQL [a:1:17]: Syntax Error: Expected Name, found <EOF>.",
        "KEY_INVALID_FIELDS [b:2:30]: @key on T: T has no field x; one of another subgraph is declared @external",
        "OVERRIDE_FROM_SELF_ERROR [c:2:21]: Query.c is overridden from c, the subgraph it is in",
    ]


@pytest.mark.parametrize(
    "sdl", ["", "# nothing", "{ a }", "type Query { a: Int }\x00", "type Query {" + "[" * 3000, "\ud800"]
)
def test_what_is_no_schema_is_an_error_with_a_code(sdl: str) -> None:
    assert all_found(a=sdl)
