"""INPUT_FIELD_DEFAULT_MISMATCH, REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH, EMPTY_MERGED_INPUT_TYPE."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2

CASES = [
    (
        "two defaults",
        fed2("type Query { q: Int @shareable } input T { a: Int = 1 }"),
        fed2("type Query { q: Int @shareable } input T { a: Int = 2 }"),
        [
            "INPUT_FIELD_DEFAULT_MISMATCH [a:2:44, b:2:44]: T.a has the default 1 in a, 2 in b",
        ],
    ),
    (
        "one default",
        fed2("type Query { q: Int @shareable } input T { a: Int = 1 }"),
        fed2("type Query { q: Int @shareable } input T { a: Int }"),
        [],
    ),
    (
        "a required one is missing",
        fed2("type Query { q: Int @shareable } input T { a: Int b: Int! }"),
        fed2("type Query { q: Int @shareable } input T { a: Int }"),
        [
            "REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH [a:2:51]: T.b is required in a, but missing in b",
        ],
    ),
    (
        "one that is not required is missing",
        fed2("type Query { q: Int @shareable } input T { a: Int b: Int }"),
        fed2("type Query { q: Int @shareable } input T { a: Int }"),
        [],
    ),
    (
        "nothing in common",
        fed2("type Query { q: Int @shareable } input T { a: Int }"),
        fed2("type Query { q: Int @shareable } input T { b: Int }"),
        [
            "EMPTY_MERGED_INPUT_TYPE [a:2:34, b:2:34]: T has no field that all its subgraphs have",
        ],
    ),
]


@pytest.mark.parametrize(("a", "b", "errors"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_found(a: str, b: str, errors: list[str]) -> None:
    assert all_found(a=a, b=b) == errors
