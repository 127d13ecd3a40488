"""OVERRIDE_FROM_SELF_ERROR, OVERRIDE_LABEL_INVALID."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2

B = fed2("type Query { a: Int b: Int }")


def test_a_field_taken_over_from_where_it_is() -> None:
    assert all_found(a=fed2('type Query { a: Int @override(from: "a") }')) == [
        "OVERRIDE_FROM_SELF_ERROR [a:2:21]: Query.a is overridden from a, the subgraph it is in"
    ]
    assert all_found(a=fed2('type Query { a: Int @override(from: "b") }'), b=B) == []


@pytest.mark.parametrize("label", ["", "5", "a b", "percent(101)", "percent(-1)", "percent(1.123456789)", "percent()"])
def test_a_label_that_is_none(label: str) -> None:
    sdl = fed2(f'type Query {{ a: Int @override(from: "b", label: "{label}") }}')
    assert all_found(a=sdl, b=B) == [
        f"OVERRIDE_LABEL_INVALID [a:2:21]: Query.a: the label {label!r} is neither a name nor percent(0 to 100)"
    ]


@pytest.mark.parametrize("label", ["a", "a-b_c:d./e", "percent(0)", "percent(12.5)", "percent(100)", "percent(100.0)"])
def test_a_label_that_is_one(label: str) -> None:
    assert all_found(a=fed2(f'type Query {{ a: Int @override(from: "b", label: "{label}") }}'), b=B) == []
