"""EXTERNAL_MISSING_ON_BASE, EXTERNAL_TYPE_MISMATCH, EXTERNAL_ARGUMENT_*, MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2

CASES = [
    (
        "external everywhere",
        fed2(
            'type Query { t: T } type T @key(fields: "id") { id: ID! x: Int @external y: Int @requires(fields: "x") }'
        ),
        fed2('type T @key(fields: "id") { id: ID! }'),
        [
            "EXTERNAL_MISSING_ON_BASE [a:2:57]: T.x is external wherever it is",
        ],
    ),
    (
        "of another type",
        fed2('type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }'),
        fed2('type T @key(fields: "id") { id: ID! x: String @external y: Int @requires(fields: "x") }'),
        [
            "EXTERNAL_TYPE_MISMATCH [b:2:37, a:2:57]: T.x is Int, but external as String in b",
        ],
    ),
    (
        "promised to be there",
        fed2('type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }'),
        fed2('type T @key(fields: "id") { id: ID! x: Int! @external y: Int @requires(fields: "x") }'),
        [],
    ),
    (
        "perhaps not there",
        fed2('type Query { t: T } type T @key(fields: "id") { id: ID! x: Int! }'),
        fed2('type T @key(fields: "id") { id: ID! x: Int @external y: Int @requires(fields: "x") }'),
        [
            "EXTERNAL_TYPE_MISMATCH [b:2:37, a:2:57]: T.x is Int!, but external as Int in b",
        ],
    ),
    (
        "without an argument",
        fed2('type Query { t: T } type T @key(fields: "id") { id: ID! x(a: Int): Int }'),
        fed2('type T @key(fields: "id") { id: ID! x: Int @external y: Int @requires(fields: "x") }'),
        [
            "EXTERNAL_ARGUMENT_MISSING [b:2:37, a:2:59]: T.x(a:) is not there where it is external, in b",
        ],
    ),
    (
        "with an argument of another type",
        fed2('type Query { t: T } type T @key(fields: "id") { id: ID! x(a: Int): Int }'),
        fed2(
            'type T @key(fields: "id") { id: ID! x(a: String): Int @external y: Int @requires(fields: '
            '"x(a: \\"1\\")") }'
        ),
        [
            "EXTERNAL_ARGUMENT_TYPE_MISMATCH [b:2:39, a:2:59]: T.x(a:) is Int, but external as String in b",
        ],
    ),
    (
        "with a stricter argument",
        fed2('type Query { t: T } type T @key(fields: "id") { id: ID! x(a: Int): Int }'),
        fed2('type T @key(fields: "id") { id: ID! x(a: Int!): Int @external y: Int @requires(fields: "x(a: 1)") }'),
        [],
    ),
    (
        "with a looser argument",
        fed2('type Query { t: T } type T @key(fields: "id") { id: ID! x(a: Int!): Int }'),
        fed2('type T @key(fields: "id") { id: ID! x(a: Int): Int @external y: Int @requires(fields: "x") }'),
        [
            "EXTERNAL_ARGUMENT_TYPE_MISMATCH [b:2:39, a:2:59]: T.x(a:) is Int!, but external as Int in b",
        ],
    ),
    (
        "with another default",
        fed2('type Query { t: T } type T @key(fields: "id") { id: ID! x(a: Int = 1): Int }'),
        fed2('type T @key(fields: "id") { id: ID! x(a: Int = 2): Int @external y: Int @requires(fields: "x") }'),
        [
            (
                "EXTERNAL_ARGUMENT_DEFAULT_MISMATCH [b:2:39, a:2:59]: T.x(a:) has the default 1, but 2 in b, "
                "where it is external"
            ),
        ],
    ),
    (
        "with something to say for clients",
        fed2('type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }'),
        fed2('type T @key(fields: "id") { id: ID! x: Int @external @tag(name: "a") y: Int @requires(fields: "x") }'),
        [
            'MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL [b:2:54]: @tag(name: "a") is on T.x, which is external in b',
        ],
    ),
]


@pytest.mark.parametrize(("a", "b", "errors"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_found(a: str, b: str, errors: list[str]) -> None:
    assert all_found(a=a, b=b) == errors
