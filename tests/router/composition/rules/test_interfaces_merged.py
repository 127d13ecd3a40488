"""INTERFACE_FIELD_NO_IMPLEM, INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE, INTERFACE_OBJECT_USAGE_ERROR."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2

CASES = [
    (
        "a field from another subgraph is missing",
        fed2("type Query { q: Int @shareable } interface I { a: Int } type T implements I @shareable { a: Int }"),
        fed2("type Query { q: Int @shareable } interface I { a: Int b: Int } type U implements I { a: Int b: Int }"),
        [
            "INTERFACE_FIELD_NO_IMPLEM [a:2:57, b:2:55]: T implements I without its field b, which b declares",
        ],
    ),
    (
        "the other subgraph has it on the type",
        fed2(
            "type Query { q: Int @shareable } interface I { a: Int } type T implements I @key(fields: "
            '"id") { id: ID! a: Int @shareable }'
        ),
        fed2(
            "type Query { q: Int @shareable } interface I { a: Int b: Int } type T implements I "
            '@key(fields: "id") { id: ID! a: Int @shareable b: Int }'
        ),
        [],
    ),
    (
        "a key for types that are not known",
        fed2(
            'type Query { i: I } interface I @key(fields: "id") { id: ID! } type T implements I '
            '@key(fields: "id") { id: ID! }'
        ),
        fed2(
            "type Query { q: Int @shareable } interface I { id: ID! } type U implements I "
            '@key(fields: "id") { id: ID! }'
        ),
        [
            "INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE [a:2:33]: I has the key 'id' in a, which does not know U",
        ],
    ),
    (
        "a key that is not resolvable",
        fed2(
            'type Query { q: Int @shareable } interface I @key(fields: "id", resolvable: false) { id: '
            'ID! } type T implements I @key(fields: "id") { id: ID! }'
        ),
        fed2(
            "type Query { q: Int @shareable } interface I { id: ID! } type U implements I "
            '@key(fields: "id") { id: ID! }'
        ),
        [],
    ),
    (
        "an interface object without a key",
        fed2(
            'type Query { q: Int @shareable } interface I @key(fields: "id") { id: ID! } type T '
            'implements I @key(fields: "id") { id: ID! }'
        ),
        fed2("type I @interfaceObject { id: ID! @shareable a: Int }"),
        [
            "INTERFACE_OBJECT_USAGE_ERROR [b:2:1]: I has no key by which other subgraphs could find it",
        ],
    ),
    (
        "an interface object beside a type of it",
        fed2(
            'type Query { q: Int @shareable } interface I @key(fields: "id") { id: ID! } type T '
            'implements I @key(fields: "id") { id: ID! }'
        ),
        fed2(
            'type Query { q: Int @shareable } type I @interfaceObject @key(fields: "id") { id: ID! a: '
            'Int } type T @key(fields: "id") { id: ID! }'
        ),
        [
            "INTERFACE_OBJECT_USAGE_ERROR [b:2:34, b:2:96]: I is an interface object in b, which defines T as well",
        ],
    ),
    (
        "an interface object everywhere",
        fed2("type Query { q: Int @shareable }"),
        fed2('type Query { q: Int @shareable } type I @interfaceObject @key(fields: "id") { id: ID! a: Int }'),
        [
            (
                "INTERFACE_OBJECT_USAGE_ERROR [b:2:34]: I is an interface object in every subgraph, and an "
                "interface in none"
            ),
        ],
    ),
    (
        "an interface object and its interface",
        fed2(
            'type Query { i: I } interface I @key(fields: "id") { id: ID! } type T implements I '
            '@key(fields: "id") { id: ID! }'
        ),
        fed2('type I @interfaceObject @key(fields: "id") { id: ID! a: Int }'),
        [],
    ),
]


@pytest.mark.parametrize(("a", "b", "errors"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_found(a: str, b: str, errors: list[str]) -> None:
    assert all_found(a=a, b=b) == errors
