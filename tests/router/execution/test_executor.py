"""Execution over small made-up graphs: what is merged, what is null, and which error says why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from graphql import build_client_schema, execute_sync, get_introspection_query, parse, print_type

from ..federation import LINK, Record, TestSubgraph, refuse
from ..in_process import Federation

ITEMS: list[Record] = [
    {"__typename": "Item", "id": str(n % 2), "code": None if n == 2 else f"c{n % 2}"} for n in range(4)
]
OWNER = """
type Query { items: [Item!]! item: Item }
type Item @key(fields: "id") @key(fields: "code") { id: ID! code: String }
"""


def federation(extra: str, resolvers: dict[str, Any], base: str = OWNER) -> Federation:
    roots = {"Query.items": lambda *_: ITEMS, "Query.item": lambda *_: ITEMS[0]}

    def find(type_name: str, representation: Record) -> Record:
        return {**representation, "__typename": type_name}

    return Federation(
        [
            TestSubgraph("base", LINK + base, roots, find),
            TestSubgraph("extra", LINK + extra, resolvers, find),
        ]
    )


def errors_of(answer: dict[str, Any]) -> list[tuple[list[Any], str]]:
    return [(error["path"], error["extensions"].get("code")) for error in answer.get("errors", [])]


BY_ID = 'type Item @key(fields: "id") { id: ID! name: String strict: String! }'
BY_CODE = 'type Item @key(fields: "code") { code: String name: String }'


async def test_each_entity_is_asked_for_once() -> None:
    graph = federation(BY_ID, {"Item.name": lambda item, _: f"n{item['id']}"})
    answer = await graph.ask("{ items { name } }")
    assert answer == {"data": {"items": [{"name": f"n{n % 2}"} for n in range(4)]}}
    (sent,) = graph.subgraphs["extra"].sent
    assert [item["id"] for item in sent["variables"]["representations"]] == ["0", "1"]


async def test_an_entity_error_stands_at_every_place_of_the_entity() -> None:
    def name(item: Record, _: Any) -> str:
        if item["id"] == "1":
            raise refuse("no name", "NOT_FOUND")
        return "zero"

    graph = federation(BY_ID, {"Item.name": name})
    answer = await graph.ask("{ items { label: name } }")
    assert answer["data"]["items"] == [{"label": "zero"}, {"label": None}] * 2
    assert errors_of(answer) == [(["items", 1, "label"], "NOT_FOUND"), (["items", 3, "label"], "NOT_FOUND")]


async def test_a_skipped_representation_is_an_error_that_names_the_input() -> None:
    graph = federation(BY_CODE, {"Item.name": lambda item, _: item["code"]})
    answer = await graph.ask("{ items { name } }")
    assert answer["data"]["items"] == [{"name": "c0"}, {"name": "c1"}, {"name": None}, {"name": "c1"}]
    assert errors_of(answer) == [(["items", 2], "REPRESENTATION_INCOMPLETE")]
    assert "code" in answer["errors"][0]["message"]


async def test_a_null_where_none_may_be_is_reported_once_and_takes_its_parent() -> None:
    graph = federation(BY_ID, {"Item.strict": lambda item, _: None})
    answer = await graph.ask("{ item { id strict } }")
    assert answer["data"] == {"item": None}
    assert len(answer["errors"]) == 1
    silent = Federation([graph.subgraphs["base"], TestSubgraph("extra", LINK + BY_ID, {}, lambda *_: None)])
    answer = await silent.ask("{ item { id strict } }")
    assert answer["data"] == {"item": None}
    assert errors_of(answer) == [(["item", "strict"], "NULL_IN_NON_NULL_FIELD")]


async def test_a_null_requirement_is_sent_and_a_missing_one_is_not() -> None:
    base = OWNER.replace("code: String }", "code: String weight: Int }")
    extra = 'type Item @key(fields: "id") { id: ID! weight: Int @external label: String @requires(fields: "weight") }'
    graph = federation(extra, {"Item.label": lambda item, _: f"w{item['weight']}"}, base)
    assert (await graph.ask("{ item { label } }"))["data"] == {"item": {"label": "wNone"}}
    representation = graph.subgraphs["extra"].sent[0]["variables"]["representations"][0]
    assert representation == {"__typename": "Item", "id": "0", "weight": None}


async def test_requirements_with_arguments_do_not_meet_the_client_s() -> None:
    base = """
    type Query { item: Item }
    type Item @key(fields: "id") { id: ID! price(currency: String!): String }
    """
    extra = """
    type Item @key(fields: "id") {
      id: ID!
      price(currency: String!): String @external
      dollars: String @requires(fields: "price(currency: \\"USD\\")")
    }
    """
    graph = federation(extra, {"Item.dollars": lambda item, _: item["price"]}, base)
    graph.subgraphs["base"].schema.type_map["Item"].fields["price"].resolve = (  # type: ignore[attr-defined]
        lambda _, __, currency: f"1 {currency}"
    )
    answer = await graph.ask('{ item { price(currency: "EUR") dollars } }')
    assert answer == {"data": {"item": {"price": "1 EUR", "dollars": "1 USD"}}}


async def test_types_that_clash_under_one_key_are_kept_apart() -> None:
    base = """
    type Query { media: [Media!]! }
    union Media = Book | Film
    type Book @key(fields: "id") { id: ID! title: String! @shareable }
    type Film @key(fields: "id") { id: ID! title: String }
    """
    extra = 'type Book @key(fields: "id") { id: ID! title: String @shareable }'
    graph = federation(extra, {}, base)
    media = [{"__typename": "Book", "id": "1", "title": "B"}, {"__typename": "Film", "id": "2", "title": "F"}]
    query_type = graph.subgraphs["base"].schema.query_type
    assert query_type is not None
    query_type.fields["media"].resolve = lambda *_: media
    answer = await graph.ask("{ media { ... on Book { title } ... on Film { title } } }")
    assert answer == {"data": {"media": [{"title": "B"}, {"title": "F"}]}}
    assert "_1_title: title" in graph.subgraphs["base"].sent[0]["query"]


async def test_hidden_enum_values_and_types_do_not_leak() -> None:
    base = """
    type Query { colours: [Colour] things: [Thing] }
    enum Colour { RED ULTRAVIOLET @inaccessible }
    union Thing = Shown | Hidden
    type Shown { a: Int }
    type Hidden @inaccessible { b: Int }
    """
    resolvers = {
        "Query.colours": lambda *_: ["RED", "ULTRAVIOLET"],
        "Query.things": lambda *_: [{"__typename": "Shown", "a": 1}, {"__typename": "Hidden", "b": 2}],
    }
    graph = Federation([TestSubgraph("base", LINK + base, resolvers, lambda *_: None)])
    answer = await graph.ask("{ colours things { __typename ... on Shown { a } } }")
    assert answer["data"] == {"colours": ["RED", None], "things": [{"__typename": "Shown", "a": 1}, None]}
    assert "ULTRAVIOLET" not in json.dumps(answer)
    assert "Hidden" not in json.dumps(answer)


async def test_mutations_run_one_after_the_other() -> None:
    order: list[str] = []

    def act(name: str) -> Any:
        def resolve(*_: Any) -> Record:
            order.append(name)
            return {"__typename": "Item", "id": "1"}

        return resolve

    base = OWNER + "type Mutation { first: Item third: Item }"
    extra = BY_ID + " type Mutation { second: Item }"

    def name(*_: Any) -> str:
        order.append("name")
        return "n"

    graph = federation(extra, {"Mutation.second": act("second"), "Item.name": name}, base)
    fields = graph.subgraphs["base"].schema.mutation_type
    assert fields is not None
    fields.fields["first"].resolve, fields.fields["third"].resolve = act("first"), act("third")
    answer = await graph.ask("mutation { first { name } second { id } third { id } }")
    assert answer["data"] == {"first": {"name": "n"}, "second": {"id": "1"}, "third": {"id": "1"}}
    assert order == ["first", "name", "second", "third"]


async def test_the_second_subgraph_of_a_shared_root_adds_its_part() -> None:
    base = "type Query { settings: Settings @shareable } type Settings @shareable { a: Int }"
    extra = "type Query { settings: Settings @shareable } type Settings @shareable { a: Int b: Int }"
    only = "type Query { settings: Settings @shareable } type Settings @shareable { a: Int c: Int }"
    value = {"Query.settings": lambda *_: {"a": 1, "b": 2, "c": 3}}
    graph = Federation(
        [TestSubgraph(n, LINK + s, value, lambda *_: None) for n, s in (("x", base), ("y", extra), ("z", only))]
    )
    assert await graph.ask("{ settings { a b c } }") == {"data": {"settings": {"a": 1, "b": 2, "c": 3}}}
    assert graph.subgraphs["x"].sent == []


async def test_tools_are_told_the_whole_schema() -> None:
    graph = federation(BY_ID, {})
    query = get_introspection_query()
    assert "...TypeRef" in query
    described = (await graph.ask(query))["data"]
    schema = build_client_schema(described)
    assert print_type(schema.type_map["Item"]) == print_type(graph.supergraph.schema.type_map["Item"])
    assert described == execute_sync(graph.supergraph.schema, parse(query)).data


async def test_fragments_of_a_question_about_the_schema_may_have_variables() -> None:
    graph = federation(BY_ID, {})
    query = """
    query ($name: String!, $with: Boolean!) { ...Q }
    fragment Q on Query { __type(name: $name) { ...T } }
    fragment T on __Type { name kind @include(if: $with) }
    """
    answer = await graph.ask(query, variables={"name": "Item", "with": False})
    assert answer == {"data": {"__type": {"name": "Item"}}}


@pytest.mark.parametrize("query", ["{ __typename }", "{ k: __typename }", "{ __schema { queryType { name } } }"])
async def test_what_the_router_knows_it_does_not_ask(query: str) -> None:
    graph = federation(BY_ID, {})
    answer = await graph.ask(query)
    assert "errors" not in answer
    assert all(not subgraph.sent for subgraph in graph.subgraphs.values())
