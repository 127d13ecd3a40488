"""REFERENCED_, REQUIRED_, IMPLEMENTED_BY_, DEFAULT_VALUE_USES_, DISALLOWED_, QUERY_ROOT_TYPE_INACCESSIBLE."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2

Q = "type Query { a: Int } "


@pytest.mark.parametrize(
    ("sdl", "places", "what", "type_"),
    [
        ("type Query { t: T x: Int } type T @inaccessible { x: Int }", "a:2:14, a:2:35", "Query.t", "T"),
        ("type Query { t: [T!]! } union T @inaccessible = Q type Q { x: Int }", "a:2:14, a:2:33", "Query.t", "T"),
        ("type Query { t(e: E): Int } enum E @inaccessible { A }", "a:2:16, a:2:36", "Query.t(e:)", "E"),
        (Q + "input I { e: [S] x: Int } scalar S @inaccessible", "a:2:33, a:2:58", "I.e", "S"),
        (Q + "interface I { s: S } scalar S @inaccessible", "a:2:37, a:2:53", "I.s", "S"),
    ],
)
def test_what_is_seen_is_of_a_type_that_is_not(sdl: str, places: str, what: str, type_: str) -> None:
    assert all_found(a=fed2(sdl)) == [
        f"REFERENCED_INACCESSIBLE [{places}]: {what} is not @inaccessible, but its type {type_} is"
    ]


@pytest.mark.parametrize(
    "sdl",
    [
        "type Query { t: T @inaccessible x: Int } type T @inaccessible { t: T }",
        "type Query { t(e: E @inaccessible): Int } enum E @inaccessible { A }",
        "type Query { u: U } union U = S | T type S { x: Int } type T @inaccessible { x: Int }",
        "type Query { t: T } type T implements I { x: Int } interface I @inaccessible { x: Int }",
    ],
)
def test_what_is_hidden_with_its_type(sdl: str) -> None:
    assert all_found(a=fed2(sdl)) == []


def test_one_subgraph_hides_for_all() -> None:
    a, b = "type Query { t: T } type T @shareable { x: Int }", "type T @shareable @inaccessible { x: Int }"
    assert all_found(a=fed2(a), b=fed2(b)) == [
        "REFERENCED_INACCESSIBLE [a:2:14, b:2:19]: Query.t is not @inaccessible, but its type T is"
    ]


@pytest.mark.parametrize(
    ("sdl", "place", "what", "type_"),
    [
        ("type Query { t(x: Int! @inaccessible): Int }", "a:2:16", "Query.t(x:)", "Int!"),
        (Q + "input I { x: [Int]! @inaccessible y: Int }", "a:2:33", "I.x", "[Int]!"),
    ],
)
def test_what_is_hidden_but_has_to_be_given(sdl: str, place: str, what: str, type_: str) -> None:
    assert all_found(a=fed2(sdl)) == [
        f"REQUIRED_INACCESSIBLE [{place}]: {what} is @inaccessible, but {type_} has to be given"
    ]


@pytest.mark.parametrize(
    "sdl",
    [
        "type Query { t(x: Int! = 1 @inaccessible, y: Int @inaccessible): Int }",
        "type Query { t(x: Int! @inaccessible): Int @inaccessible y: Int }",
        Q + "input I @inaccessible { x: Int! @inaccessible y: Int }",
    ],
)
def test_what_is_hidden_and_need_not_be_given(sdl: str) -> None:
    assert all_found(a=fed2(sdl)) == []


def test_what_implements_something_seen() -> None:
    sdl = """type Query { i: I }
      interface I { x(a: Int): Int y(a: Int): Int z: Int }
      type T implements I { x(a: Int): Int @inaccessible y(a: Int @inaccessible): Int z: Int }"""
    assert all_found(a=fed2(sdl)) == [
        "IMPLEMENTED_BY_INACCESSIBLE [a:4:44]: T.x is @inaccessible, but I.x, which it implements, is not",
        "IMPLEMENTED_BY_INACCESSIBLE [a:4:67]: T.y(a:) is @inaccessible, but I.y(a:), which it implements, is not",
    ]


@pytest.mark.parametrize(
    "sdl",
    [
        "interface I { x: Int @inaccessible y: Int } type T implements I { x: Int @inaccessible y: Int }",
        "interface I { x: Int y: Int } type T implements I @inaccessible { x: Int @inaccessible y: Int }",
        "interface I @inaccessible { x: Int } type T implements I { x: Int @inaccessible y: Int }",
        "interface I { x: Int y: Int @inaccessible } type T implements I { x: Int y: Int }",
    ],
)
def test_what_implements_nothing_seen(sdl: str) -> None:
    assert all_found(a=fed2(Q + sdl)) == []


@pytest.mark.parametrize(
    ("argument", "used", "mark"),
    [
        ("e: E = B", "E.B", "a:2:14"),
        ("e: [E] = [A, B]", "E.B", "a:2:14"),
        ("i: I = {h: 1}", "I.h", "a:2:52"),
        ("i: [I!]! = [{e: B}]", "E.B", "a:2:14"),
    ],
)
def test_a_default_that_is_hidden(argument: str, used: str, mark: str) -> None:
    sdl = f"enum E {{ A B @inaccessible }} input I {{ e: E h: Int @inaccessible }}\ntype Query {{ t({argument}): Int }}"
    assert all_found(a=fed2(sdl)) == [
        f"DEFAULT_VALUE_USES_INACCESSIBLE [a:3:16, {mark}]: {used} is @inaccessible, "
        f"but the default of Query.t({argument[0]}:) uses it"
    ]


def test_a_default_that_is_seen_or_hidden_with_its_argument() -> None:
    sdl = "enum E { A B @inaccessible } type Query { t(e: E = A): Int u(e: E = B @inaccessible): Int }"
    assert all_found(a=fed2(sdl)) == []


@pytest.mark.parametrize(
    ("sdl", "place", "name", "what"),
    [
        ("type T { x: Int @inaccessible }", "a:2:23", "T", "fields"),
        ("interface T { x: Int @inaccessible y: Int @inaccessible }", "a:2:23", "T", "fields"),
        ("input T { x: Int @inaccessible }", "a:2:23", "T", "fields"),
        ("enum T { A @inaccessible B @inaccessible }", "a:2:23", "T", "values"),
        ("union T = U type U @inaccessible { x: Int }", "a:2:23", "T", "members"),
    ],
)
def test_a_type_with_nothing_to_be_seen(sdl: str, place: str, name: str, what: str) -> None:
    assert all_found(a=fed2(Q + sdl)) == [
        f"ONLY_INACCESSIBLE_CHILDREN [{place}]: {name} is not @inaccessible, but all of its {what} are"
    ]
    assert all_found(a=fed2(Q + sdl.replace(" T ", " T @inaccessible ", 1))) == []


def test_a_type_with_something_left_in_another_subgraph() -> None:
    assert all_found(a=fed2(Q + "type T { x: Int @inaccessible }"), b=fed2("type T { y: Int }")) == []


def test_a_hidden_root() -> None:
    assert all_found(a=fed2("type Query @inaccessible { a: Int }")) == [
        "QUERY_ROOT_TYPE_INACCESSIBLE [a:2:12]: Query is @inaccessible, but a schema begins with it"
    ]
    assert all_found(a=fed2(Q + "type Mutation @inaccessible { a: Int }")) == []


def test_what_cannot_be_hidden() -> None:
    assert all_found(a=fed2(Q + "directive @d(x: Int @inaccessible) on OBJECT")) == [
        "DISALLOWED_INACCESSIBLE [a:2:43]: @d(x:) cannot be @inaccessible"
    ]
    assert all_found(a=fed2(Q + "directive @d(x: Int @inaccessible) on FIELD")) == []
