"""The oracle is worth what it tries, and that it can tell right from wrong."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest
from graphql import parse

from .case import Graph, GraphText, RefusedError
from .random_operation import OperationMaker
from .run import graph_of
from .world import Record, Ref, World

_LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires"])'
)


@cache
def _graphs() -> list[str]:
    return [str(graph_of(f"features:{number}")[0]) for number in range(120)]


@pytest.mark.parametrize(
    "feature",
    [
        '@key(fields: "code zone")',
        '@key(fields: "ref {',
        "owner { id }",
        "query: RootQuery",
        "enum Size",
        "interface I1 implements I0",
        ": Query",
        "resolvable: false",
        "@shareable",
        "@external",
        "@requires",
        "@provides",
        "... on",
        "@override(from",
        "label:",
        "@inaccessible",
        "@interfaceObject",
        "extend type",
        "type Mutation",
        "union U0",
        "interface I1",
        "@unknown",
        "[[",
        "Filter",
    ],
)
def test_the_graphs_use_every_way_of_federating(feature: str) -> None:
    found = sum(feature in graph for graph in _graphs())
    assert found >= 3, f"{feature} in {found} of {len(_graphs())} graphs"


def test_a_seed_makes_the_same_again() -> None:
    text, certain = graph_of("again:1")
    assert (text, certain) == graph_of("again:1")
    first, second = (OperationMaker(Random("again"), Graph(text).api, ["1"]).make() for _ in range(2))
    assert first == second


def _graph() -> Graph:
    subgraphs = {
        "a": f'{_LINK} type Query {{ e: E }} type E @key(fields: "id") {{ id: ID! name: String }}',
        "b": f"""{_LINK}
          type E @key(fields: "id") {{ id: ID! name: String @external size: String @requires(fields: "name") }}""",
    }
    records: dict[str, Record] = {"Query": {"e": Ref("E-0")}, "E-0": {"__typename": "E", "id": "0", "name": "zero"}}
    return Graph(GraphText(subgraphs, "type Query { e: E } type E { id: ID! name: String size: String }", records))


def test_right_answers_are_no_difference() -> None:
    assert _graph().difference("{ e { size id } }", [{}]) is None


def test_another_value_is_a_difference() -> None:
    graph = _graph()
    graph.subgraphs["a"].world = World({**graph.text.records, "E-0": {"__typename": "E", "id": "0", "name": "one"}})
    difference = graph.difference("{ e { size } }", [{}])
    assert difference is not None
    assert difference.kind == "data"


def test_a_request_that_the_subgraph_could_not_understand_is_a_difference() -> None:
    graph = _graph()
    schema = graph.subgraphs["b"].schema
    graph.subgraphs["b"].schema = graph.subgraphs["a"].schema
    assert schema is not graph.subgraphs["b"].schema
    difference = graph.difference("{ e { size } }", [{}])
    assert difference is not None
    assert difference.kind == "invalid subgraph request"


def test_what_was_not_sent_is_an_error_of_the_subgraph() -> None:
    query = "{ _entities(representations: [REPRESENTATION]) { ... on E { size } } }"
    subgraph = _graph().subgraphs["b"]
    whole = subgraph.answer({"query": query.replace("REPRESENTATION", '{ __typename: "E", id: "0", name: "zero" }')})
    assert whole == {"data": {"_entities": [{"size": 'size[{"name": "zero"}, {}]'}]}}
    less = subgraph.answer({"query": query.replace("REPRESENTATION", '{ __typename: "E", id: "0" }')})
    assert less["errors"][0]["message"] == "E.size requires 'name', which was not sent"


def test_what_is_within_reach_must_not_be_refused() -> None:
    graph = _graph()
    assert graph.reach.has("a", "E", "size")
    assert not graph.reach.has("a", "Query", "size")


def test_the_unsplit_schema_knows_what_was_required() -> None:
    data, faulty = _graph().unsplit(parse("{ e { size } }"), {})
    assert data == {"e": {"size": 'size[{"name": "zero"}, {}]'}}
    assert not faulty


def test_a_refusal_says_why() -> None:
    subgraphs = {
        "a": f"{_LINK} type Query {{ e: E }} type E {{ id: ID! }}",
        "b": f"{_LINK} type E {{ name: String }}",
    }
    with pytest.raises(RefusedError) as refused:
        Graph(GraphText(subgraphs, "", {}))
    assert refused.value.codes == {"SATISFIABILITY_ERROR"}
    assert refused.value.reachable == []


def test_a_requirement_gives_a_field_of_the_query_type_its_argument() -> None:
    text, certain = graph_of("4:13")
    assert any("e0q0(id: 7)" in sdl for sdl in text.subgraphs.values())
    assert certain
    Graph(text)


def test_a_root_type_of_another_name_is_not_within_reach() -> None:
    subgraphs = {
        "a": f"""{_LINK} schema {{ query: RootQuery }} type RootQuery {{ e: E }}
          type E @key(fields: "id") {{ id: ID! root: RootQuery! }}""",
        "b": f"""{_LINK} type Query {{ n: Int }}
          type E @key(fields: "id") {{
            id: ID! root: Query! @external size: String @requires(fields: "root {{ n }}")
          }}""",
    }
    graph = Graph(GraphText(subgraphs, "", {}))
    assert graph.reach.has("a", "E", "root")
    assert not graph.reach.has("a", "E", "size")
