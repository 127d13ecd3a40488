"""FIELD_ARGUMENT_TYPE_MISMATCH, FIELD_ARGUMENT_DEFAULT_MISMATCH, REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2

CASES = [
    (
        "an argument of two types",
        fed2("type Query { a(x: Int): Int @shareable }"),
        fed2("type Query { a(x: String): Int @shareable }"),
        [
            "FIELD_ARGUMENT_TYPE_MISMATCH [a:2:16, b:2:16]: Query.a(x:) is Int in a, String in b",
        ],
    ),
    (
        "one is a list",
        fed2("type Query { a(x: Int): Int @shareable }"),
        fed2("type Query { a(x: [Int]): Int @shareable }"),
        [
            "FIELD_ARGUMENT_TYPE_MISMATCH [a:2:16, b:2:16]: Query.a(x:) is Int in a, [Int] in b",
        ],
    ),
    (
        "one is required",
        fed2("type Query { a(x: Int!): Int @shareable }"),
        fed2("type Query { a(x: Int): Int @shareable }"),
        [],
    ),
    (
        "two defaults",
        fed2("type Query { a(x: Int = 1): Int @shareable }"),
        fed2("type Query { a(x: Int = 2): Int @shareable }"),
        [
            "FIELD_ARGUMENT_DEFAULT_MISMATCH [a:2:16, b:2:16]: Query.a(x:) has the default 1 in a, 2 in b",
        ],
    ),
    (
        "one default",
        fed2("type Query { a(x: Int = 1): Int @shareable }"),
        fed2("type Query { a(x: Int): Int @shareable }"),
        [],
    ),
    (
        "a required one is missing",
        fed2("type Query { a(x: Int!): Int @shareable }"),
        fed2("type Query { a: Int @shareable }"),
        [
            "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH [a:2:16]: Query.a(x:) is required in a, but missing in b",
        ],
    ),
    (
        "one that has a default is missing",
        fed2("type Query { a(x: Int! = 1): Int @shareable }"),
        fed2("type Query { a: Int @shareable }"),
        [],
    ),
    (
        "an argument from a context is nobody's",
        fed2(
            'type Query { q: Int @shareable } type T @key(fields: "id") @context(name: "c") { id: ID! '
            'p: Int! u: U } type U @key(fields: "id") { id: ID! a(x: Int! @fromContext(field: "$c { p '
            '}")): Int @shareable }'
        ),
        fed2('type Query { q: Int @shareable } type U @key(fields: "id") { id: ID! a: Int @shareable }'),
        [],
    ),
]


@pytest.mark.parametrize(("a", "b", "errors"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_found(a: str, b: str, errors: list[str]) -> None:
    assert all_found(a=a, b=b) == errors
