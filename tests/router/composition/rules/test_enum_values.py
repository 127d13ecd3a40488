"""ENUM_VALUE_MISMATCH, EMPTY_MERGED_ENUM_TYPE."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2

CASES = [
    (
        "read and written, and not the same",
        fed2("type Query { a(x: E): E } enum E { A B }"),
        fed2("type Query { b(x: E): E } enum E { A }"),
        [
            "ENUM_VALUE_MISMATCH [b:2:27]: E.B is missing in b, and clients both read and write the enum",
        ],
    ),
    (
        "read by one, written by the other",
        fed2("type Query { a(x: E): Int } enum E { A B }"),
        fed2("type Query { b: E } enum E { A }"),
        [
            "ENUM_VALUE_MISMATCH [b:2:21]: E.B is missing in b, and clients both read and write the enum",
        ],
    ),
    (
        "a hidden value may be missing",
        fed2("type Query { a(x: E): E } enum E { A B @inaccessible }"),
        fed2("type Query { b(x: E): E } enum E { A }"),
        [],
    ),
    (
        "only read",
        fed2("type Query { a: E } enum E { A }"),
        fed2("type Query { b: E } enum E { B }"),
        [],
    ),
    (
        "only written",
        fed2("type Query { a(x: E): Int } enum E { A B }"),
        fed2("type Query { b(x: E): Int } enum E { A }"),
        [],
    ),
    (
        "only written, with nothing in common",
        fed2("type Query { a(x: E): Int } enum E { A }"),
        fed2("type Query { b(x: E): Int } enum E { B }"),
        [
            "EMPTY_MERGED_ENUM_TYPE [a:2:29, b:2:29]: E has no value that all its subgraphs have",
        ],
    ),
]


@pytest.mark.parametrize(("a", "b", "errors"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_found(a: str, b: str, errors: list[str]) -> None:
    assert all_found(a=a, b=b) == errors
