"""What one request asks of an entity it asks once, whichever of its fetches come to it."""

from __future__ import annotations

import asyncio
from typing import Any

from ..federation import LINK, Record, TestSubgraph, refuse
from ..in_process import Federation

ITEMS: list[Record] = [{"__typename": "Item", "id": str(n)} for n in range(3)]
BASE = (
    'type Query { items: [Item!]! first: Item } type Mutation { touch: Item } type Item @key(fields: "id") { id: ID! }'
)
BEST = 'type Query { best: [Item!]! } type Mutation { praise: Item } type Item @key(fields: "id") { id: ID! }'
NAMES = (
    'type Item @key(fields: "id") { id: ID! name: String size(unit: String): Int parts: [Part!] } type Part { n: Int }'
)


class Opening:
    """Holds the answers of a subgraph back until it is opened."""

    def __init__(self) -> None:
        self.open = asyncio.Event()

    async def best(self, *_: Any) -> list[Record]:
        await self.open.wait()
        return ITEMS[1:]


def federation(names: dict[str, Any], best: Any = lambda *_: ITEMS[1:]) -> Federation:
    def find(type_name: str, representation: Record) -> Record:
        return {**representation, "__typename": type_name}

    roots = {
        "Query.items": lambda *_: ITEMS[:2],
        "Query.first": lambda *_: ITEMS[0],
        "Mutation.touch": lambda *_: ITEMS[0],
    }
    praised = {"Query.best": best, "Mutation.praise": lambda *_: ITEMS[0]}
    return Federation(
        [
            TestSubgraph("base", LINK + BASE, roots, find),
            TestSubgraph("best", LINK + BEST, praised, find),
            TestSubgraph("names", LINK + NAMES, names, find),
        ]
    )


def asked(graph: Federation) -> list[list[str]]:
    """The ids of each request to `names`, whichever lookup they are of."""
    return [
        [item["id"] for given in sent["variables"].values() if isinstance(given, list) for item in given]
        for sent in graph.subgraphs["names"].sent
    ]


def name(item: Record, _: Any) -> str:
    return f"n{item['id']}"


async def test_an_entity_known_from_another_fetch_is_not_asked_for_again() -> None:
    graph = federation({"Item.name": name})
    answer = await graph.ask("{ items { name } best { name } }")
    assert answer == {"data": {"items": [{"name": "n0"}, {"name": "n1"}], "best": [{"name": "n1"}, {"name": "n2"}]}}
    assert sorted(id_ for ids in asked(graph) for id_ in ids) == ["0", "1", "2"]


async def test_an_entity_that_is_being_asked_for_is_waited_for() -> None:
    opening, under_way = Opening(), asyncio.Event()

    async def slowly(item: Record, _: Any) -> str:
        under_way.set()
        await release.wait()
        return name(item, _)

    release = asyncio.Event()
    graph = federation({"Item.name": slowly}, opening.best)
    task = asyncio.create_task(graph.ask("{ items { name } best { name } }"))
    await under_way.wait()
    opening.open.set()
    while len(graph.subgraphs["names"].sent) < 2:
        await asyncio.sleep(0)
    release.set()
    answer = await task
    assert [item["name"] for item in answer["data"]["best"]] == ["n1", "n2"]
    assert asked(graph) == [["0", "1"], ["2"]]


async def test_one_request_asks_once_for_what_two_of_its_lookups_want() -> None:
    graph = federation({"Item.name": name})
    answer = await graph.ask("{ items { name } first { name } }")
    assert answer == {"data": {"items": [{"name": "n0"}, {"name": "n1"}], "first": {"name": "n0"}}}
    assert asked(graph) == [["0", "1"]]


async def test_an_error_about_an_entity_that_lookups_share_stands_at_the_places_of_all() -> None:
    def failing(item: Record, _: Any) -> str:
        if item["id"] == "0":
            raise refuse("no name", "NOT_FOUND")
        return name(item, _)

    graph = federation({"Item.name": failing})
    answer = await graph.ask("{ items { name } first { name } }")
    assert answer["data"] == {"items": [{"name": None}, {"name": "n1"}], "first": {"name": None}}
    assert sorted(error["path"] for error in answer["errors"]) == [["first", "name"], ["items", 0, "name"]]


async def test_an_answer_with_errors_is_for_its_own_fetch_only() -> None:
    def failing(item: Record, _: Any) -> str:
        if item["id"] == "1":
            raise refuse("no name", "NOT_FOUND")
        return name(item, _)

    graph = federation({"Item.name": failing})
    answer = await graph.ask("{ items { name } best { name } }")
    assert answer["data"] == {"items": [{"name": "n0"}, {"name": None}], "best": [{"name": None}, {"name": "n2"}]}
    assert sorted(error["path"] for error in answer["errors"]) == [["best", 0, "name"], ["items", 1, "name"]]


async def test_other_questions_about_an_entity_are_asked() -> None:
    graph = federation({"Item.size": lambda item, _, unit: len(unit)})
    answer = await graph.ask('{ items { size(unit: "m") } best { size(unit: "cm") } }')
    assert answer["data"] == {"items": [{"size": 1}] * 2, "best": [{"size": 2}] * 2}
    assert sorted(asked(graph)) == [["0", "1"], ["1", "2"]]


async def test_what_brings_objects_is_asked_for_each_place() -> None:
    graph = federation({"Item.parts": lambda item, _: [{"n": int(item["id"])}]})
    answer = await graph.ask("{ items { parts { n } } best { parts { n } } }")
    assert answer["data"]["best"] == [{"parts": [{"n": 1}]}, {"parts": [{"n": 2}]}]
    assert sorted(asked(graph)) == [["0", "1"], ["1", "2"]]


async def test_a_mutation_asks_again_since_it_may_have_changed_the_entity() -> None:
    graph = federation({"Item.name": name})
    answer = await graph.ask("mutation { touch { name } praise { name } }")
    assert answer == {"data": {"touch": {"name": "n0"}, "praise": {"name": "n0"}}}
    assert asked(graph) == [["0"], ["0"]]
