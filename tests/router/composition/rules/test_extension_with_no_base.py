"""EXTENSION_WITH_NO_BASE. Subgraphs of Federation 1, unless `fed2` says otherwise."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2

CASES = [
    (
        "extended and not defined",
        "type Query { a: Int } extend type T { b: Int }",
        "type Query { b: Int }",
        [
            "EXTENSION_WITH_NO_BASE [a:1:23]: T is extended, but defined nowhere",
        ],
    ),
    (
        "extended by two",
        'type Query { a: Int } extend type T @key(fields: "id") { id: ID! }',
        'extend type T @key(fields: "id") { id: ID! }',
        [
            "EXTENSION_WITH_NO_BASE [a:1:23, b:1:1]: T is extended, but defined nowhere",
        ],
    ),
    (
        "extended by two with @extends",
        'type Query { a: Int } type T @extends @key(fields: "id") { id: ID! }',
        'type T @extends @key(fields: "id") { id: ID! }',
        [],
    ),
    (
        "defined by another subgraph",
        'type Query { a: Int } extend type T @key(fields: "id") { id: ID! b: Int }',
        'type T @key(fields: "id") { id: ID! }',
        [],
    ),
    (
        "a root may be extended by all",
        "extend type Query { a: Int }",
        "extend type Query { b: Int }",
        [],
    ),
    (
        "federation 2 knows no base",
        fed2("extend type Query { t: T } extend type T { b: Int }"),
        fed2("type Query { q: Int @shareable }"),
        [],
    ),
]


@pytest.mark.parametrize(("a", "b", "errors"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_found(a: str, b: str, errors: list[str]) -> None:
    assert all_found(a=a, b=b) == errors
