"""INVALID_FIELD_SHARING, SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2

CASES = [
    (
        "shareable in one",
        fed2("type Query { a: Int @shareable }"),
        fed2("type Query { a: Int }"),
        [
            "INVALID_FIELD_SHARING [a:2:14, b:2:14]: Query.a is resolved by a and b, and not shareable in b",
        ],
    ),
    (
        "shareable in none",
        fed2("type Query { a: Int }"),
        fed2("type Query { a: Int }"),
        [
            "INVALID_FIELD_SHARING [a:2:14, b:2:14]: Query.a is resolved by a and b, and not shareable in a and b",
        ],
    ),
    (
        "shareable in both",
        fed2("type Query { a: Int @shareable }"),
        fed2("type Query { a: Int @shareable }"),
        [],
    ),
    (
        "a key is shared",
        fed2('type Query { t: T } type T @key(fields: "id") { id: ID! }'),
        fed2('type T @key(fields: "id") { id: ID! a: Int }'),
        [],
    ),
    (
        "what is inside a key is shared",
        fed2('type Query { t: T } type T @key(fields: "o { id }") { o: O } type O { id: ID! }'),
        fed2('type T @key(fields: "o { id }") { o: O a: Int } type O { id: ID! }'),
        [],
    ),
    (
        "a field that is taken over is not shared",
        fed2('type Query { t: T } type T @key(fields: "id") { id: ID! a: Int }'),
        fed2('type T @key(fields: "id") { id: ID! a: Int @override(from: "a") }'),
        [],
    ),
    (
        "nor while a label decides",
        fed2('type Query { t: T } type T @key(fields: "id") { id: ID! a: Int }'),
        fed2('type T @key(fields: "id") { id: ID! a: Int @override(from: "a", label: "x") }'),
        [],
    ),
    (
        "a subscription",
        fed2("type Query { q: Int @shareable } type Subscription { a: Int }"),
        fed2("type Query { q: Int @shareable } type Subscription { a: Int }"),
        [
            (
                "INVALID_FIELD_SHARING [a:2:54, b:2:54]: Subscription.a is resolved by a and b, and "
                "subscriptions cannot be shared"
            ),
        ],
    ),
    (
        "a type and its interface object",
        fed2(
            'type Query { i: I } interface I @key(fields: "id") { id: ID! } type T implements I '
            '@key(fields: "id") { id: ID! a: Int }'
        ),
        fed2('type I @interfaceObject @key(fields: "id") { id: ID! a: Int }'),
        [
            "INVALID_FIELD_SHARING [a:2:113, b:2:54]: T.a is resolved by a and b, and not shareable in a and b",
        ],
    ),
    (
        "a type and its interface object, both shareable",
        fed2(
            'type Query { i: I } interface I @key(fields: "id") { id: ID! } type T implements I '
            '@key(fields: "id") { id: ID! a: Int @shareable }'
        ),
        fed2('type I @interfaceObject @key(fields: "id") { id: ID! a: Int @shareable }'),
        [],
    ),
    (
        "no type that both can return",
        fed2("type Query { u: U @shareable } union U = T type T { x: Int }"),
        fed2("type Query { u: U @shareable } union U = V type V { x: Int }"),
        [
            "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES [a:2:14, b:2:14]: Query.u is shared, but can be T in a, V in b",
        ],
    ),
    (
        "a type that both can return",
        fed2("type Query { u: U @shareable } union U = T | V type T @shareable { x: Int } type V { x: Int }"),
        fed2("type Query { u: U @shareable } union U = T type T @shareable { x: Int }"),
        [],
    ),
]


@pytest.mark.parametrize(("a", "b", "errors"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_found(a: str, b: str, errors: list[str]) -> None:
    assert all_found(a=a, b=b) == errors
