"""LIST_SIZE_* and COST_APPLIED_TO_INTERFACE_FIELD."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2

PAGE = " type Page { items: [Int] total: Int } input In { n: Int in: In }"


@pytest.mark.parametrize(
    ("field", "code", "problem"),
    [
        ("x: Int @listSize(assumedSize: 1)", "APPLIED_TO_NON_LIST", "Query.x is no list"),
        ('x: Page @listSize(sizedFields: ["total"])', "APPLIED_TO_NON_LIST", "Page.total is no list"),
        ("x: [Int] @listSize(assumedSize: -1)", "INVALID_ASSUMED_SIZE", "no list has -1 items"),
        ('x: [Int] @listSize(slicingArguments: ["n"])', "INVALID_SLICING_ARGUMENT", "there is no argument n"),
        ('x(p: In): [Int] @listSize(slicingArguments: ["p"])', "INVALID_SLICING_ARGUMENT", "p is In, not Int"),
        (
            'x(p: In): [Int] @listSize(slicingArguments: ["p.m"])',
            "INVALID_SLICING_ARGUMENT",
            "there is no argument p.m",
        ),
        (
            'x(p: [In]): [Int] @listSize(slicingArguments: ["p.n"])',
            "INVALID_SLICING_ARGUMENT",
            "there is no argument p.n",
        ),
        ('x: Page @listSize(sizedFields: ["rows"])', "INVALID_SIZED_FIELD", "Page has no field rows"),
        ('x: Int @listSize(sizedFields: ["rows"])', "INVALID_SIZED_FIELD", "Int has no field rows"),
    ],
)
def test_a_size_of_nothing(field: str, code: str, problem: str) -> None:
    column = 14 + field.index("@")
    assert all_found(a=fed2(f"type Query {{ {field} }}{PAGE}")) == [
        f"LIST_SIZE_{code} [a:2:{column}]: @listSize on Query.x: {problem}"
    ]


def test_an_argument_that_is_no_size() -> None:
    assert all_found(a=fed2('type Query { x(n: [Int]): [Int] @listSize(slicingArguments: ["n"]) }')) == [
        "LIST_SIZE_INVALID_SLICING_ARGUMENT [a:2:33]: @listSize on Query.x: n is [Int], not Int"
    ]


@pytest.mark.parametrize(
    "field",
    [
        "x: [Int!]! @listSize(assumedSize: 0)",
        'x(n: Int!): [Int] @listSize(slicingArguments: ["n"], requireOneSlicingArgument: false)',
        'x(p: In!): [Int] @listSize(slicingArguments: ["p.n", "p.in.n"])',
        'x(n: Int): Page @listSize(slicingArguments: ["n"], sizedFields: ["items"])',
    ],
)
def test_a_size_of_a_list(field: str) -> None:
    assert all_found(a=fed2(f"type Query {{ {field} }}{PAGE}")) == []


def test_a_cost_of_an_interface() -> None:
    sdl = """type Query { i: I }
      interface I { x(y: Int @cost(weight: 1)): Int @cost(weight: 2) }
      type T implements I { x(y: Int): Int }"""
    so = "is of an interface, so its cost is that of the objects"
    assert all_found(a=fed2(sdl)) == [
        f"COST_APPLIED_TO_INTERFACE_FIELD [a:3:53]: I.x {so}",
        f"COST_APPLIED_TO_INTERFACE_FIELD [a:3:30]: I.x(y:) {so}",
    ]


def test_a_cost_of_an_object() -> None:
    sdl = "type Query { i: T } type T @cost(weight: 3) { x(y: Int @cost(weight: 1)): Int @cost(weight: 2) }"
    assert all_found(a=fed2(sdl)) == []
