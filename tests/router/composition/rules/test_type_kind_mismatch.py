"""TYPE_KIND_MISMATCH."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2

CASES = [
    (
        "an object and an enum",
        fed2("type Query { q: Int @shareable } type T { a: Int }"),
        fed2("type Query { q: Int @shareable } enum T { A }"),
        [
            "TYPE_KIND_MISMATCH [a:2:34, b:2:34]: T is ENUM and OBJECT",
        ],
    ),
    (
        "an interface and an input object",
        fed2("type Query { q: Int @shareable } interface T { a: Int }"),
        fed2("type Query { q: Int @shareable } input T { a: Int }"),
        [
            "TYPE_KIND_MISMATCH [a:2:34, b:2:34]: T is INPUT_OBJECT and INTERFACE",
        ],
    ),
    (
        "an interface object is an interface",
        fed2(
            'type Query { q: Int @shareable } interface T @key(fields: "id") { id: ID! } type U '
            'implements T @key(fields: "id") { id: ID! }'
        ),
        fed2('type Query { q: Int @shareable } type T @key(fields: "id") @interfaceObject { id: ID! a: Int }'),
        [],
    ),
]


@pytest.mark.parametrize(("a", "b", "errors"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_found(a: str, b: str, errors: list[str]) -> None:
    assert all_found(a=a, b=b) == errors
