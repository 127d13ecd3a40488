"""DIRECTIVE_DEFINITION_INVALID, TYPE_DEFINITION_INVALID."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .composing import all_found, fed2

T = ' type T @key(fields: "id") { id: ID! } type Query { t: T }'
LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "FieldSet"])\n'


@pytest.mark.parametrize(
    ("definition", "problem"),
    [
        ("@key on OBJECT", "it lacks its argument fields"),
        ("@key(fields: Int!) on OBJECT", "its argument fields is federation__FieldSet!, not Int!"),
        ("@key(fields: Str!) on OBJECT scalar Str", "its argument fields is federation__FieldSet!, not Str!"),
        ("@key(fields: String!, also: Int) on OBJECT", "it has no argument also"),
        ("@key(fields: String!, resolvable: Boolean) on OBJECT", "the default of resolvable is true"),
        ("@key(fields: String!) on OBJECT | UNION", "it is not for UNION"),
        ("@requires(fields: FieldSet!) repeatable on FIELD_DEFINITION", "it is not repeatable"),
    ],
)
@pytest.mark.parametrize("write", [fed2, "\n".__add__], ids=["federation-2", "federation-1"])
def test_a_directive_defined_anew(write: Callable[[str], str], definition: str, problem: str) -> None:
    name = definition.partition(" ")[0].partition("(")[0]
    assert all_found(a=write(f"directive {definition}{T}")) == [
        f"DIRECTIVE_DEFINITION_INVALID [a:2:1]: {name} is federation's {name}, but {problem}"
    ]


@pytest.mark.parametrize(
    "definition",
    [
        "@key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE",
        "@key(fields: String!) on OBJECT",
        "@key(fields: federation__FieldSet!) on OBJECT scalar federation__FieldSet",
        "@mine(key: Int) on OBJECT",
    ],
)
def test_a_directive_repeated(definition: str) -> None:
    assert all_found(a=fed2(f"directive {definition}{T}")) == []


def test_a_name_that_is_not_imported_is_the_subgraphs_own() -> None:
    assert (
        all_found(a=LINK + "directive @extends(x: Int) on FIELD_DEFINITION" + T.replace("t: T", "t: T @extends(x: 1)"))
        == []
    )


@pytest.mark.parametrize("definition", ["input FieldSet { fields: [String!]! }", "enum federation__FieldSet { A }"])
def test_a_type_defined_anew(definition: str) -> None:
    name = definition.split()[1]
    assert all_found(a=LINK + definition + T) == [
        f"TYPE_DEFINITION_INVALID [a:2:1]: {name} is federation's, and a scalar"
    ]


def test_a_type_repeated() -> None:
    assert all_found(a=LINK + "scalar FieldSet" + T) == []
    assert all_found(a=fed2("input FieldSet { fields: [String!]! }" + T)) == []
