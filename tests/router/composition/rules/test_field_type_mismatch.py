"""FIELD_TYPE_MISMATCH."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2

CASES = [
    (
        "another scalar",
        fed2("type Query { a: Int @shareable }"),
        fed2("type Query { a: String @shareable }"),
        [
            "FIELD_TYPE_MISMATCH [a:2:14, b:2:14]: Query.a is Int in a, String in b",
        ],
    ),
    (
        "a list and no list",
        fed2("type Query { a: Int @shareable }"),
        fed2("type Query { a: [Int] @shareable }"),
        [
            "FIELD_TYPE_MISMATCH [a:2:14, b:2:14]: Query.a is Int in a, [Int] in b",
        ],
    ),
    (
        "two objects",
        fed2("type Query { a: T @shareable } type T { x: Int }"),
        fed2("type Query { a: U @shareable } type U { x: Int }"),
        [
            "FIELD_TYPE_MISMATCH [a:2:14, b:2:14]: Query.a is T in a, U in b",
        ],
    ),
    (
        "an input field",
        fed2("type Query { q: Int @shareable } input T { a: Int }"),
        fed2("type Query { q: Int @shareable } input T { a: String }"),
        [
            "FIELD_TYPE_MISMATCH [a:2:44, b:2:44]: T.a is Int in a, String in b",
        ],
    ),
    (
        "an input field of two enums",
        fed2("type Query { q: Int @shareable } input T { a: E } enum E { A }"),
        fed2("type Query { q: Int @shareable } input T { a: F } enum F { A }"),
        [
            "FIELD_TYPE_MISMATCH [a:2:44, b:2:44]: T.a is E in a, F in b",
        ],
    ),
    (
        "a member for its union",
        fed2("type Query { a: U @shareable } union U = T type T @shareable { x: Int }"),
        fed2("type Query { a: T @shareable } type T @shareable { x: Int }"),
        [],
    ),
    (
        "an object for its interface",
        fed2("type Query { a: I @shareable } interface I { x: Int } type T implements I @shareable { x: Int }"),
        fed2("type Query { a: T @shareable } type T @shareable { x: Int }"),
        [],
    ),
    (
        "nullable items in one",
        fed2("type Query { a: [Int!]! @shareable }"),
        fed2("type Query { a: [Int] @shareable }"),
        [],
    ),
]


@pytest.mark.parametrize(("a", "b", "errors"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_found(a: str, b: str, errors: list[str]) -> None:
    assert all_found(a=a, b=b) == errors
