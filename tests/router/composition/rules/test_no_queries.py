"""NO_QUERIES."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2

CASES = [
    (
        "nobody defines a query",
        fed2("type T { a: Int }"),
        fed2("type U { b: Int }"),
        [
            "NO_QUERIES: no subgraph defines a field of Query",
        ],
    ),
    (
        "only federation's own fields",
        fed2("type Query { _service: S } type S { sdl: String }"),
        fed2("type T { a: Int }"),
        [
            "NO_QUERIES: no subgraph defines a field of Query",
        ],
    ),
    (
        "one subgraph is enough",
        fed2("type Query { a: Int }"),
        fed2("type T { a: Int }"),
        [],
    ),
]


@pytest.mark.parametrize(("a", "b", "errors"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_found(a: str, b: str, errors: list[str]) -> None:
    assert all_found(a=a, b=b) == errors
