"""What the oracle has found, each made small."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from router.gateway.documents import compile_document

from ..in_process import GENEROUS
from .case import Graph, GraphText
from .world import Record, Ref

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", '
    '"@external", "@requires", "@provides", "@override", "@inaccessible", "@interfaceObject"])\n'
)


def ask(
    subgraphs: dict[str, str], records: dict[str, Record], query: str, variables: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The router's response over these records."""
    sdls = {name: LINK + sdl for name, sdl in subgraphs.items()}
    return Graph(GraphText(sdls, "", records)).ask(query, variables)


def test_a_renamed_field_of_an_entity_is_found_by_the_type_of_the_entity() -> None:
    subgraphs = {
        "a": """
          interface I { name: String }
          type E0 implements I @key(fields: "id") { id: ID! name: String }
          type E1 implements I @key(fields: "id") { id: ID! name: String! }
        """,
        "b": """
          type Query { hits: [Hit] }
          union Hit = E0 | E1
          type E0 @key(fields: "id") { id: ID! }
          type E1 @key(fields: "id") { id: ID! }
        """,
    }
    records: dict[str, Record] = {
        "Query": {"hits": [Ref("E0-0"), Ref("E1-0")]},
        "E0-0": {"__typename": "E0", "id": "0", "name": "zero"},
        "E1-0": {"__typename": "E1", "id": "1", "name": "one"},
    }
    answer = ask(subgraphs, records, "{ hits { ... on I { name } } }")
    assert answer == {"data": {"hits": [{"name": "zero"}, {"name": "one"}]}}


def test_introspection_keeps_its_place_in_the_response() -> None:
    answer = ask({"a": "type Query { a: Int b: Int }"}, {"Query": {"a": 1}}, '{ a __type(name: "Query") { name } b }')
    assert json.dumps(answer) == '{"data": {"a": 1, "__type": {"name": "Query"}, "b": null}}'


def test_introspection_in_a_fragment_that_is_skipped() -> None:
    query = 'query ($no: Boolean!) { a ... @skip(if: $no) { a __type(name: "Query") { name } } }'
    assert ask({"a": "type Query { a: Int }"}, {"Query": {"a": 1}}, query, {"no": True}) == {"data": {"a": 1}}


def test_introspection_beside_a_null_that_reaches_the_root() -> None:
    answer = ask({"a": "type Query { a: Int! }"}, {"Query": {"a": None}}, '{ a __type(name: "Query") { name } }')
    assert answer["data"] is None


def test_a_requirement_of_an_interface_object_beside_a_field_of_one_of_its_types() -> None:
    subgraphs = {
        "a": """
          interface N @key(fields: "id") { id: ID! }
          type N0 implements N @key(fields: "id") { id: ID! }
        """,
        "b": """
          type Query { n: N }
          type N @key(fields: "id") @interfaceObject { id: ID! size: Int }
        """,
        "c": """
          type N @key(fields: "id") @interfaceObject {
            id: ID!
            name: String
            size: Int @external
            label: String @requires(fields: "size")
          }
        """,
    }
    records: dict[str, Record] = {
        "Query": {"n": Ref("N0-0")},
        "N0-0": {"__typename": "N0", "id": "0", "name": "zero", "size": 3},
    }
    answer = ask(subgraphs, records, "{ n { ... on N0 { name } label } }")
    assert answer == {"data": {"n": {"name": "zero", "label": 'label[{"size": 3}, {}]'}}}


@pytest.mark.parametrize(
    "query",
    [
        "mutation ($yes: Boolean!) { first { id } second first @include(if: $yes) { name } }",
        "mutation ($yes: Boolean!) { first @include(if: $yes) { id } second first { name } }",
        "mutation ($yes: Boolean!) { first { id } second ... @include(if: $yes) { first { name } } }",
    ],
)
def test_a_mutation_runs_once_whatever_the_conditions_of_its_parts(query: str) -> None:
    subgraphs = {
        "a": 'type Query { a: Int } type Mutation { first: E } type E @key(fields: "id") { id: ID! name: String }',
        "b": "type Mutation { second: Int }",
    }
    records: dict[str, Record] = {
        "Mutation": {"first": [Ref("E-0"), Ref("E-1"), Ref("E-2")]},
        "E-0": {"__typename": "E", "id": "0", "name": "zero"},
        "E-1": {"__typename": "E", "id": "1", "name": "one"},
        "E-2": {"__typename": "E", "id": "2", "name": "two"},
    }
    # Which entity a mutation leads to tells how many ran before it.
    answer = ask(subgraphs, records, query, {"yes": True})
    assert json.dumps(answer) == '{"data": {"first": {"id": "1", "name": "one"}, "second": 2}}'


def test_introspection_below_a_field_of_the_query_type() -> None:
    subgraphs = {"a": "type Query { a: Int self: Query }"}
    answer = ask(subgraphs, {"Query": {"self": Ref("Query")}}, '{ self { __type(name: "Query") { name } } }')
    assert answer == {"data": {"self": {"__type": {"name": "Query"}}}}


def test_a_typename_beside_a_field_of_another_subgraph() -> None:
    subgraphs = {
        "a": """
          type N @key(fields: "id") @interfaceObject { id: ID! e: E }
          type E @key(fields: "id") { id: ID! }
        """,
        "c": """
          interface N @key(fields: "id") { id: ID! }
          type N1 implements N @key(fields: "id") { id: ID! }
        """,
        "d": """
          type Query { n: N }
          type N @key(fields: "id") @interfaceObject { id: ID! }
          type E @key(fields: "id") { id: ID! name: String }
        """,
    }
    records: dict[str, Record] = {
        "Query": {"n": Ref("N1-0")},
        "N1-0": {"__typename": "N1", "id": "1", "e": Ref("E-0")},
        "E-0": {"__typename": "E", "id": "0", "name": "zero"},
    }
    answer = ask(subgraphs, records, "{ n { e { __typename name } } }")
    assert answer == {"data": {"n": {"e": {"__typename": "E", "name": "zero"}}}}


def test_a_renamed_object_joins_what_is_there_already() -> None:
    subgraphs = {
        "a": """
          type Query { items: [I] }
          interface I { to: E }
          type A implements I { to: E }
          type B implements I { to: E! }
          type E @key(fields: "id") { id: ID! size: Int }
        """,
        "b": 'type E @key(fields: "id") { id: ID! size: Int @external label: String @requires(fields: "size") }',
    }
    records: dict[str, Record] = {
        "Query": {"items": [Ref("A-0"), Ref("B-0")]},
        "A-0": {"__typename": "A", "to": Ref("E-0")},
        "B-0": {"__typename": "B", "to": Ref("E-0")},
        "E-0": {"__typename": "E", "id": "0", "size": 1},
    }
    answer = ask(subgraphs, records, "{ items { to { label } ... on B { ... on I { to { id } } } } }")
    label = 'label[{"size": 1}, {}]'
    assert answer == {"data": {"items": [{"to": {"label": label}}, {"to": {"label": label, "id": "0"}}]}}


def test_bytes_pass_through_only_in_the_order_that_was_asked_for() -> None:
    subgraphs = {
        "a": """
          interface I { size: Int name: String }
          type A implements I @key(fields: "id") { id: ID! size: Int name: String }
        """,
        "b": """
          type Query { item: I }
          interface I { size: Int }
          type B implements I @key(fields: "id") { id: ID! size: Int name: String }
        """,
    }
    records: dict[str, Record] = {
        "Query": {"item": Ref("B-0")},
        "B-0": {"__typename": "B", "id": "0", "name": "zero", "size": 1},
    }
    answer = ask(subgraphs, records, "{ item { name size } }")
    assert json.dumps(answer) == '{"data": {"item": {"name": "zero", "size": 1}}}'


@pytest.mark.parametrize("query", ["{ a @skip(if: $yes) b a }", "{ ... @skip(if: $yes) { a } b ... { a } }"])
def test_a_key_that_is_skipped_stands_where_it_is_asked_for_next(query: str) -> None:
    answer = ask(
        {"a": "type Query { a: Int b: Int }"},
        {"Query": {"a": 1, "b": 2}},
        f"query ($yes: Boolean!) {query}",
        {"yes": True},
    )
    assert json.dumps(answer) == '{"data": {"b": 2, "a": 1}}'


def test_a_mutation_that_is_skipped_runs_where_it_is_asked_for_next() -> None:
    subgraphs = {"a": "type Query { a: Int } type Mutation { first: Int }", "b": "type Mutation { second: Int }"}
    query = "mutation ($yes: Boolean!) { first @skip(if: $yes) second first }"
    answer = ask(subgraphs, {}, query, {"yes": True})
    assert json.dumps(answer) == '{"data": {"second": 1, "first": 2}}'


@pytest.mark.parametrize("query", ["{ n { size } }", "{ n { ... on N0 { size } } }", "{ zero { size } }"])
@pytest.mark.parametrize("label", ["", "percent(0)"])
def test_a_label_moves_a_field_of_an_interface_object_for_its_implementations(query: str, label: str) -> None:
    subgraphs = {
        "a": """
          interface N @key(fields: "id") { id: ID! }
          type N0 implements N @key(fields: "id") { id: ID! }
          type Query { n: N zero: N0 }
        """,
        "b": 'type N @key(fields: "id") @interfaceObject { id: ID! size: Int }',
        "c": """
          type N @key(fields: "id") @interfaceObject { id: ID! size: Int @override(from: "b", label: "percent(0)") }
        """,
    }
    records: dict[str, Record] = {
        "Query": {"n": Ref("N0-0"), "zero": Ref("N0-0")},
        "N0-0": {"__typename": "N0", "id": "0", "size": 3},
    }
    graph = Graph(GraphText({name: LINK + sdl for name, sdl in subgraphs.items()}, "", records))
    operation = compile_document(graph.supergraph, query, None, GENEROUS)
    assert operation.labels == {"percent(0)"}
    # The subgraph that has lost the field answers no request for it.
    (size,) = re.findall(r'"size": (\S+?)}', json.dumps(graph.routed(operation, {}, frozenset(filter(None, [label])))))
    assert size == "3"


def test_a_label_of_an_object_counts_where_its_interface_is_asked_for() -> None:
    subgraphs = {
        "a": """
          interface I { size: Int }
          type E implements I @key(fields: "id") { id: ID! size: Int }
          type Query { item: I }
        """,
        "b": 'type E @key(fields: "id") { id: ID! size: Int @override(from: "a", label: "percent(0)") }',
    }
    graph = Graph(GraphText({name: LINK + sdl for name, sdl in subgraphs.items()}, "", {}))
    assert compile_document(graph.supergraph, "{ item { size } }", None, GENEROUS).labels == {"percent(0)"}


def test_a_requirement_of_an_interface_object_for_one_of_its_types_only() -> None:
    subgraphs = {
        "a": """
          type N @key(fields: "id") @interfaceObject {
            id: ID!
            name: String
            size: Int @external
            label: String! @requires(fields: "size")
          }
        """,
        "b": """
          interface N @key(fields: "id") { id: ID! size: Int }
          type N0 implements N @key(fields: "id") { id: ID! size: Int }
          type N1 implements N @key(fields: "id") { id: ID! size: Int }
          type Query { items: [N] }
        """,
    }
    records: dict[str, Record] = {
        "Query": {"items": [Ref("N0-0"), Ref("N1-0")]},
        "N0-0": {"__typename": "N0", "id": "0", "size": 3, "name": "zero"},
        "N1-0": {"__typename": "N1", "id": "1", "size": 4, "name": "one"},
    }
    answer = ask(subgraphs, records, "{ items { ... on N0 { label } name } }")
    zero, one = 'label[{"size": 3}, {}]', 'label[{"size": 4}, {}]'
    assert answer == {"data": {"items": [{"label": zero, "name": "zero"}, {"name": "one"}]}}
    answer = ask(subgraphs, records, "{ items { name label } }")
    assert answer == {"data": {"items": [{"name": "zero", "label": zero}, {"name": "one", "label": one}]}}


@pytest.mark.parametrize("yes", [True, False])
def test_a_deferred_part_within_one_of_which_nothing_is_left(yes: bool) -> None:
    api = "type Query { e: E } type E { id: ID! name: String size: Int }"
    records: dict[str, Record] = {
        "Query": {"e": Ref("E-0")},
        "E-0": {"__typename": "E", "id": "0", "name": "zero", "size": 3},
    }
    sdl = 'type Query { e: E } type E @key(fields: "id") { id: ID! name: String size: Int }'
    graph = Graph(GraphText({"a": LINK + sdl}, api, records))
    query = "query ($yes: Boolean!) { e { size ... @defer { name @skip(if: $yes) ... @defer { name } } } }"
    assert graph.difference(query, [{"yes": yes}]) is None
