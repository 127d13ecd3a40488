"""OVERRIDE_SOURCE_HAS_OVERRIDE, OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2

CASES = [
    (
        "each from the other",
        fed2('type Query { a: Int @override(from: "b") }'),
        fed2('type Query { a: Int @override(from: "a") }'),
        [
            (
                "OVERRIDE_SOURCE_HAS_OVERRIDE [a:2:14, b:2:14]: Query.a is overridden in a from b, which "
                "overrides it from a"
            ),
            (
                "OVERRIDE_SOURCE_HAS_OVERRIDE [b:2:14, a:2:14]: Query.a is overridden in b from a, which "
                "overrides it from b"
            ),
        ],
    ),
    (
        "a chain",
        fed2('type Query { a: Int @override(from: "b") }'),
        fed2('type Query { a: Int @override(from: "c") }'),
        [
            (
                "OVERRIDE_SOURCE_HAS_OVERRIDE [a:2:14, b:2:14]: Query.a is overridden in a from b, which "
                "overrides it from c"
            ),
        ],
    ),
    (
        "both from a third",
        fed2('type Query { a: Int @shareable @override(from: "c") }'),
        fed2('type Query { a: Int @shareable @override(from: "c") }'),
        [],
    ),
    (
        "and external at once",
        fed2(
            'type Query { t: T } type T @key(fields: "id") { id: ID! x: Int @override(from: "b") '
            '@external y: Int @requires(fields: "x") }'
        ),
        fed2('type T @key(fields: "id") { id: ID! x: Int }'),
        [
            "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE [a:2:57]: T.x has @override and @external in a",
        ],
    ),
    (
        "a label, and the source requires",
        fed2(
            'type Query { t: T } type T @key(fields: "id") { id: ID! x: Int @external y: Int @requires(fields: "x") }'
        ),
        fed2('type T @key(fields: "id") { id: ID! x: Int y: Int @override(from: "a", label: "l") }'),
        [
            (
                "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE [b:2:44, a:2:74]: T.y cannot be overridden with a "
                "label in b, because it has @requires in a"
            ),
        ],
    ),
    (
        "no label, and the source requires",
        fed2(
            'type Query { t: T } type T @key(fields: "id") { id: ID! x: Int @external y: Int @requires(fields: "x") }'
        ),
        fed2('type T @key(fields: "id") { id: ID! x: Int y: Int @override(from: "a") }'),
        [],
    ),
]


@pytest.mark.parametrize(("a", "b", "errors"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_found(a: str, b: str, errors: list[str]) -> None:
    assert all_found(a=a, b=b) == errors
