"""Each hint says what it is named after, and where; none of them stops composition."""

from __future__ import annotations

import pytest

from router.composition.compose import compose
from router.composition.errors import CompositionFailedError
from router.composition.hints.registry import HINTS
from router.composition.subgraph import SubgraphSource

from .rules.composing import fed2

CASES = [
    (
        fed2("type Query { a: Int! @shareable }"),
        fed2("type Query { a: Int @shareable }"),
        [("INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE [a:2:14, b:2:14]: Query.a becomes Int: it is Int! in a, Int in b")],
    ),
    (
        fed2("type Query { q: Int @shareable } input I { a: Int }"),
        fed2("type Query { q: Int @shareable } input I { a: Int! }"),
        [("INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE [a:2:44, b:2:44]: I.a becomes Int!: it is Int in a, Int! in b")],
    ),
    (
        fed2("type Query { a(x: Int!): Int @shareable }"),
        fed2("type Query { a(x: Int): Int @shareable }"),
        [
            (
                "INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE [a:2:16, b:2:16]: Query.a(x:) becomes Int!: it "
                "is Int! in a, Int in b"
            )
        ],
    ),
    (
        fed2("type Query { a(x: Int = 1): Int @shareable }"),
        fed2("type Query { a(x: Int): Int @shareable }"),
        [
            (
                "INCONSISTENT_DEFAULT_VALUE_PRESENCE [a:2:16, b:2:16]: Query.a(x:) has no default in the "
                "supergraph: it has one in a, but not in b"
            )
        ],
    ),
    (
        fed2("type Query { q: Int @shareable } input I { a: Int }"),
        fed2("type Query { q: Int @shareable } input I { a: Int = 1 }"),
        [
            (
                "INCONSISTENT_DEFAULT_VALUE_PRESENCE [a:2:44, b:2:44]: I.a has no default in the "
                "supergraph: it has one in b, but not in a"
            )
        ],
    ),
    (
        fed2('type Query { t: T } type T @key(fields: "id") { id: ID! }'),
        fed2("type T { id: ID! @shareable }"),
        ["INCONSISTENT_ENTITY [b:2:1]: T has a key in a, but not in b"],
    ),
    (
        fed2("type Query { q: Int @shareable } type V { a: Int @shareable b: Int }"),
        fed2("type Query { q: Int @shareable } type V { a: Int @shareable }"),
        ["INCONSISTENT_OBJECT_VALUE_TYPE_FIELD [b:2:34]: V.b is not there in b"],
    ),
    (
        fed2("type Query { q: Int @shareable } interface I { a: Int b: Int }"),
        fed2("type Query { q: Int @shareable } interface I { a: Int }"),
        ["INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD [b:2:34]: I.b is not there in b"],
    ),
    (
        fed2("type Query { q: Int @shareable } input I { a: Int b: Int }"),
        fed2("type Query { q: Int @shareable } input I { a: Int }"),
        [("INCONSISTENT_INPUT_OBJECT_FIELD [a:2:51]: I.b is left out of the supergraph: it is missing in b")],
    ),
    (
        fed2("type Query { q: Int @shareable } union U = V | W type V { a: Int @shareable } type W { a: Int }"),
        fed2("type Query { q: Int @shareable } union U = V type V { a: Int @shareable }"),
        ["INCONSISTENT_UNION_MEMBER [b:2:34]: U has the member W, but not in b"],
    ),
    (
        fed2("type Query { a(x: E): Int } enum E { A B }"),
        fed2("type Query { b(x: E): Int } enum E { A }"),
        [("INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM [a:2:40]: E.B is left out of the supergraph: it is missing in b")],
    ),
    (
        fed2("type Query { a: E } enum E { A B }"),
        fed2("type Query { b: E } enum E { A }"),
        ["INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM [b:2:21]: E.B is not there in b"],
    ),
    (
        fed2("type Query { q: Int @shareable } enum E { A }"),
        fed2("type Query { q: Int @shareable }"),
        ["UNUSED_ENUM_TYPE [a:2:34]: E is defined, but not used"],
    ),
    (
        fed2("type Query { a(x: Int): Int @shareable }"),
        fed2("type Query { a: Int @shareable }"),
        [("INCONSISTENT_ARGUMENT_PRESENCE [a:2:16]: Query.a(x:) is left out of the supergraph: it is missing in b")],
    ),
    (
        fed2('"One." type Query { q: Int @shareable }'),
        fed2('"Another." type Query { q: Int @shareable }'),
        ["INCONSISTENT_DESCRIPTION [a:2:1, b:2:1]: Query is described differently in b"],
    ),
    (
        fed2('type Query { q: Int @shareable @deprecated(reason: "a") }'),
        fed2('type Query { q: Int @shareable @deprecated(reason: "b") }'),
        [
            (
                "INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS [a:2:32, b:2:32]: @deprecated on Query.q "
                'keeps (reason: "a"): it has (reason: "a") in a, (reason: "b") in b'
            )
        ],
    ),
    (
        fed2("type Query { q: Int @shareable @cost(weight: 1) }"),
        fed2("type Query { q: Int @shareable @cost(weight: 2) }"),
        [
            (
                "MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS [a:2:32, b:2:32]: @cost on Query.q combines "
                "(weight: 1) in a, (weight: 2) in b"
            )
        ],
    ),
    (
        fed2('type Query { a: Int @override(from: "gone") }'),
        fed2("type Query { q: Int @shareable }"),
        [("FROM_SUBGRAPH_DOES_NOT_EXIST [a:2:14]: Query.a is overridden from 'gone', which is no subgraph")],
    ),
    (
        fed2('type Query { a: Int @override(from: "b") }'),
        fed2("type Query { a: Int b: Int }"),
        [("OVERRIDDEN_FIELD_CAN_BE_REMOVED [b:2:14]: Query.a is overridden in b and can be removed there")],
    ),
    (
        fed2('type Query { t: T } type T @key(fields: "id") { id: ID! @override(from: "b") }'),
        fed2('type T @key(fields: "id") { id: ID! x: Int }'),
        [("OVERRIDDEN_FIELD_CAN_BE_REMOVED [b:2:29]: T.id is overridden in b and can be made external there")],
    ),
    (
        fed2('type Query { a: Int @override(from: "b") }'),
        fed2("type Query { b: Int }"),
        [("OVERRIDE_DIRECTIVE_CAN_BE_REMOVED [a:2:14]: Query.a needs no @override in a: b does not resolve it")],
    ),
    (
        fed2('type Query { a: Int @override(from: "b", label: "l") }'),
        fed2("type Query { a: Int }"),
        ["OVERRIDE_MIGRATION_IN_PROGRESS [a:2:14]: Query.a moves from b to a by the label 'l'"],
    ),
    (
        fed2("type Query { u: U @shareable } union U = V | W type V @shareable { x: Int } type W { x: Int }"),
        fed2("type Query { u: U @shareable } union U = V type V @shareable { x: Int }"),
        [
            (
                "INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN [a:2:14, b:2:14]: Query.u is shared, but "
                "can be V and W in a, V in b"
            )
        ],
    ),
    (
        fed2("directive @x on FIELD type Query { q: Int @shareable }"),
        fed2("type Query { q: Int @shareable }"),
        [("INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE [a:2:1]: @x is left out of the supergraph: it is missing in b")],
    ),
    (
        fed2("directive @x repeatable on FIELD type Query { q: Int @shareable }"),
        fed2("directive @x on FIELD type Query { q: Int @shareable }"),
        [("INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE [a:2:1, b:2:1]: @x is repeatable in some subgraphs only")],
    ),
    (
        fed2("directive @x on FIELD | QUERY type Query { q: Int @shareable }"),
        fed2("directive @x on FIELD type Query { q: Int @shareable }"),
        ["INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS [a:2:1, b:2:1]: @x is allowed on FIELD only"],
    ),
    (
        fed2("directive @x on QUERY type Query { q: Int @shareable }"),
        fed2("directive @x on FIELD type Query { q: Int @shareable }"),
        [
            (
                "NO_EXECUTABLE_DIRECTIVE_LOCATIONS_INTERSECTION [a:2:1, b:2:1]: @x is left out of the "
                "supergraph: there is no location that all subgraphs allow"
            )
        ],
    ),
    (
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v1.0", import: ["@x"]) '
            '@composeDirective(name: "@x") directive @x repeatable on OBJECT type Query { q: Int '
            "@shareable }"
        ),
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v1.0", import: ["@x"]) '
            '@composeDirective(name: "@x") directive @x on OBJECT type Query { q: Int @shareable }'
        ),
        [("INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_REPEATABLE [a:2:101, b:2:101]: @x is repeatable in some subgraphs only")],
    ),
    (
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v1.0", import: ["@x"]) '
            '@composeDirective(name: "@x") directive @x on OBJECT | ENUM type Query { q: Int '
            "@shareable }"
        ),
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v1.0", import: ["@x"]) '
            '@composeDirective(name: "@x") directive @x on OBJECT type Query { q: Int @shareable }'
        ),
        [
            (
                "INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_LOCATIONS [a:2:101, b:2:101]: @x is not allowed in "
                "the same places by all subgraphs"
            )
        ],
    ),
    (
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v1.0", import: ["@x"]) '
            '@composeDirective(name: "@x") directive @x on OBJECT type Query { q: Int @shareable }'
        ),
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v1.2", import: ["@x"]) '
            '@composeDirective(name: "@x") directive @x on OBJECT type Query { q: Int @shareable }'
        ),
        [
            (
                "DIRECTIVE_COMPOSITION_INFO [a:2:15, b:2:15]: @x comes by https://own.dev/spec/v1.2: the "
                "links are https://own.dev/spec/v1.0 in a, https://own.dev/spec/v1.2 in b"
            )
        ],
    ),
    (
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v1.0", import: ["@x"]) '
            '@composeDirective(name: "@x") directive @x on OBJECT type Query { q: Int @shareable }'
        ),
        fed2("directive @x on OBJECT type Query @x { q: Int @shareable }"),
        [("DIRECTIVE_COMPOSITION_WARN [b:2:35]: @x is composed, but b does not ask for that with @composeDirective")],
    ),
    (
        fed2(
            'extend schema @link(url: "https://specs.apollo.dev/connect/v0.1", import: ["@connect"]) '
            'type Query { q: Int @shareable @connect(selection: "$") }',
            3,
        ),
        fed2("type Query { q: Int @shareable }"),
        [
            (
                "IMPLICITLY_UPGRADED_FEDERATION_VERSION [a:2:15]: a links federation 2.3, but "
                "https://specs.apollo.dev/connect/v0.1 needs 2.10"
            )
        ],
    ),
]


def sources(a: str, b: str) -> list[SubgraphSource]:
    return [SubgraphSource("a", "http://a", a), SubgraphSource("b", "http://b", b)]


@pytest.mark.parametrize(
    ("a", "b", "expected"), CASES, ids=[f"{n} {case[2][0].split()[0]}" for n, case in enumerate(CASES)]
)
def test_what_is_hinted_at(a: str, b: str, expected: list[str]) -> None:
    code = expected[0].split()[0]
    assert [str(hint) for hint in compose(sources(a, b)).hints if hint.code == code] == expected


def test_every_hint_has_a_case() -> None:
    assert {hint.__name__.upper() for hint in HINTS} == {case[2][0].split()[0] for case in CASES}


def test_subgraphs_that_are_alike_need_no_hint() -> None:
    sdl = fed2(
        'type Query { t(x: Int = 1): T @shareable } "A type." type T @key(fields: "id") { id: ID! e: E @shareable } '
        "enum E { A B } input I { a: Int = 1 } union U = T directive @x(a: Int) on FIELD"
    )
    assert compose(sources(sdl, sdl)).hints == ()


def test_hints_are_told_beside_errors() -> None:
    with pytest.raises(CompositionFailedError) as caught:
        compose(sources(fed2("type Query { a: Int } enum E { A }"), fed2("type Query { a: Int }")))
    assert [error.code for error in caught.value.errors] == ["INVALID_FIELD_SHARING"]
    assert [hint.code for hint in caught.value.hints] == ["UNUSED_ENUM_TYPE"]
