"""INVALID_GRAPHQL."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2, found

Q = "type Query { a: Int }\n"


@pytest.mark.parametrize(
    ("sdl", "error"),
    [
        ("type Query {", "[a:2:13]: Syntax Error: Expected Name, found <EOF>."),
        ("type Query { a: Nothing }", "[a:2:17]: Unknown type 'Nothing'."),
        ("type Query { a: Int @nothing }", "[a:2:21]: Unknown directive '@nothing'."),
        (
            "type Query { a: Int @tag }",
            "Argument '@tag(name:)' of type 'String!' is required, but it was not provided.",
        ),
        ("type Query { a: Int @tag(name: 5) }", "[a:2:32]: 5 is no value for @tag(name:), which is String!."),
        ("type Query { a: Int @inaccessible @inaccessible }", "can only be used once at this location."),
        ("type Query @provides(fields: 1) { a: Int }", "Directive '@provides' may not be used on object."),
        ("type Query { a: Int a: Int }", "[a:2:14, a:2:21]: Field 'Query.a' can only be defined once."),
        ("type Query { a(b: Int = true): Int }", "Query.a(b:) has invalid default value"),
        (Q + "fragment F on Query { a }", "[a:3:1]: An operation or a fragment is no part of a schema."),
        (Q + "enum E { A A }", "[a:3:10, a:3:12]: Enum value 'E.A' can only be defined once."),
        (Q + "type T", "[a:3:1]: Type T must define one or more fields."),
        (Q + "interface I { x: Int } type T implements I { y: Int }", "Interface field I.x expected but T does not"),
        (Q + "union U = Int", "[a:3:11]: Union type U can only include Object types, it cannot include Int."),
        (
            Q + "input A { a: A! }",
            "cannot be provided a finite value because it references itself through fields: A.a.",
        ),
        (Q + "input A { a: Query }", "The type of A.a must be Input Type but got: Query."),
        (Q + "scalar X extend type X { y: Int }", "Cannot extend non-object type 'X'."),
    ],
)
def test_what_no_graphql_schema_may_be(sdl: str, error: str) -> None:
    (only,) = found("INVALID_GRAPHQL", a=fed2(sdl), b=fed2("type Query { b: Int }"))
    assert only.startswith("INVALID_GRAPHQL [a:")
    assert error in only


@pytest.mark.parametrize(
    "sdl",
    [
        'extend type T @key(fields: "id") { id: ID! } extend type T { x: Int }',
        "type Query { a: Int _service: _Service! _entities(representations: [_Any!]!): [_Entity]! }",
        "directive @my(x: [E!] = [A]) repeatable on FIELD_DEFINITION enum E { A } type T { x: Int @my @my(x: []) }",
        'type T { x: Int @federation__tag(name: "x") @deprecated }',
        'scalar T @specifiedBy(url: "http://x") input I @oneOf { a: Int b: Int }',
        "type Query { _service: String }",
        "schema { query: Root } type Root { _service: String } type T { x: Int }",
        "interface I { x: Int } type T implements I { x: Int @deprecated }",
        "enum FieldSet { A } type T { x: FieldSet }",
    ],
)
def test_what_only_federation_allows(sdl: str) -> None:
    assert all_found(a=fed2(sdl), b=fed2("type Query { b: Int }")) == []


def test_directives_belong_to_versions() -> None:
    sdl = "type Query { a: Int @federation__authenticated }"
    assert all_found(a=fed2(sdl, minor=4)) == [
        "INVALID_GRAPHQL [a:2:21]: Unknown directive '@federation__authenticated'."
    ]
    assert all_found(a=fed2(sdl, minor=5)) == []
    assert all_found(a="type Query { a: Int @shareable }") == [
        "INVALID_GRAPHQL [a:1:21]: Unknown directive '@shareable'. Federation's own is imported with @link."
    ]


def test_every_subgraph_is_judged() -> None:
    assert all_found(a="type Query {", b="type Query { b: Nowhere }") == [
        "INVALID_GRAPHQL [a:1:13]: Syntax Error: Expected Name, found <EOF>.",
        "INVALID_GRAPHQL [b:1:17]: Unknown type 'Nowhere'.",
    ]
