"""Each rule finds what it is named after, names the subgraphs, and does not stop the others."""

from __future__ import annotations

import pytest

from router.composition.compose import compose
from router.composition.errors import CompositionFailedError
from router.composition.subgraph import SubgraphSource

from ..federation import LINK

Q = "type Query { a: Int }"

CASES = [
    ("INVALID_GRAPHQL", "type Query {", "type Query { b: Int }"),
    ("INVALID_GRAPHQL", "type Query { a: Nothing }", "type Query { b: Int }"),
    ("NO_QUERIES", "type T { a: Int }", "type U { b: Int }"),
    ("TYPE_KIND_MISMATCH", Q + " type T { a: Int }", "enum T { A }"),
    ("FIELD_TYPE_MISMATCH", Q + " type T @shareable { a: Int }", "type T @shareable { a: String }"),
    ("FIELD_TYPE_MISMATCH", Q + " type T @shareable { a: Int }", "type T @shareable { a: [Int] }"),
    ("FIELD_TYPE_MISMATCH", Q + " input T { a: Int }", "input T { a: String }"),
    (
        "FIELD_ARGUMENT_TYPE_MISMATCH",
        Q + " type T @shareable { a(x: Int): Int }",
        "type T @shareable { a(x: String): Int }",
    ),
    (
        "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH",
        Q + " type T @shareable { a(x: Int!): Int }",
        "type T @shareable { a: Int }",
    ),
    ("REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH", Q + " input T { a: Int b: Int! }", "input T { a: Int }"),
    ("EMPTY_MERGED_INPUT_TYPE", Q + " input T { a: Int }", "input T { b: Int }"),
    (
        "EMPTY_MERGED_ENUM_TYPE",
        "type Query { a(x: T): Int } enum T { A }",
        "type Query { b(x: T): Int } enum T { B }",
    ),
    ("INVALID_FIELD_SHARING", "type Query { a: Int @shareable }", "type Query { a: Int }"),
    (
        "EXTERNAL_MISSING_ON_BASE",
        Q + ' type T @key(fields: "id") { id: ID! x: Int @external y: Int @requires(fields: "x") }',
        'type T @key(fields: "id") { id: ID! }',
    ),
    ("EXTERNAL_UNUSED", Q + ' type T @key(fields: "id") { id: ID! x: Int @external }', "type T { x: Int }"),
    ("KEY_INVALID_FIELDS", Q + ' type T @key(fields: "nothing") { id: ID! }', "type Query { b: Int }"),
    ("KEY_INVALID_FIELDS", Q + ' type T @key(fields: "id {") { id: ID! }', "type Query { b: Int }"),
    ("KEY_INVALID_FIELDS", Q + ' type T @key(fields: "o") { o: O } type O { id: ID }', "type Query { b: Int }"),
    (
        "REQUIRES_INVALID_FIELDS",
        Q + ' type T @key(fields: "id") { id: ID! y: Int @requires(fields: "x") }',
        "type Query { b: Int }",
    ),
    (
        "REQUIRES_FIELDS_MISSING_EXTERNAL",
        Q + ' type T @key(fields: "id") { id: ID! x: Int y: Int @requires(fields: "x") }',
        "type Query { b: Int }",
    ),
    ("PROVIDES_INVALID_FIELDS", 'type Query { t: T @provides(fields: "x") } type T { y: Int }', Q),
    ("PROVIDES_FIELDS_MISSING_EXTERNAL", 'type Query { t: T @provides(fields: "y") } type T { y: Int }', Q),
    (
        "ENUM_VALUE_MISMATCH",
        "type Query { a(x: T): T } enum T { A B }",
        "type Query { b(x: T): T } enum T { A }",
    ),
    (
        "INTERFACE_FIELD_NO_IMPLEM",
        Q + " interface I { a: Int } type T implements I @shareable { a: Int }",
        "interface I { a: Int b: Int } type U implements I { a: Int b: Int }",
    ),
    ("OVERRIDE_FROM_SELF_ERROR", 'type Query { a: Int @override(from: "one") }', "type Query { b: Int }"),
    (
        "OVERRIDE_SOURCE_HAS_OVERRIDE",
        'type Query { a: Int @override(from: "two") }',
        'type Query { a: Int @override(from: "one") }',
    ),
    ("SATISFIABILITY_ERROR", "type Query { t: T } type T { a: Int }", "type T { b: Int }"),
    (
        "SATISFIABILITY_ERROR",
        'type Query { t: T } type T @key(fields: "id") { id: ID! }',
        'type T @key(fields: "code") { code: ID! b: Int }',
    ),
    (
        "SATISFIABILITY_ERROR",
        'type Query { t: T } type T @key(fields: "id") { id: ID! }',
        'type T @key(fields: "id", resolvable: false) { id: ID! b: Int }',
    ),
]


def findings(one: str, two: str) -> set[str]:
    sources = [
        SubgraphSource("one", "http://one", LINK + one),
        SubgraphSource("two", "http://two", LINK + two),
    ]
    with pytest.raises(CompositionFailedError) as caught:
        compose(sources)
    with pytest.raises(CompositionFailedError) as reordered:
        compose(sources[::-1])
    assert caught.value.errors == reordered.value.errors
    assert all(error.subgraphs or error.code == "NO_QUERIES" for error in caught.value.errors)
    return {error.code for error in caught.value.errors}


@pytest.mark.parametrize(("code", "one", "two"), CASES, ids=[f"{n}-{case[0]}" for n, case in enumerate(CASES)])
def test_the_rule_finds_it(code: str, one: str, two: str) -> None:
    assert code in findings(one, two)


def test_all_findings_are_reported_together() -> None:
    one = Q + ' type T @key(fields: "x") { a: Int } enum E { A }'
    assert {"KEY_INVALID_FIELDS", "TYPE_KIND_MISMATCH"} <= findings(one, "type T { a: Int } type E { a: Int }")


def test_a_type_extended_by_all_and_defined_by_none() -> None:
    with pytest.raises(CompositionFailedError) as caught:
        compose([SubgraphSource("old", "http://old", "type Query { a: Int } extend type T { b: Int }")])
    assert [error.code for error in caught.value.errors] == ["EXTENSION_WITH_NO_BASE"]
