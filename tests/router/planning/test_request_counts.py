"""How many requests each subgraph gets, for plans that are easily wrong or wasteful; and that the answer is right."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from ..in_process import Federation
from ..studio import studio

SONG = {"id": "s1"}
FILM = {"id": "f1"}

CASES: dict[str, tuple[str, dict[str, int], dict[str, Any]]] = {
    "an interface object alone answers what needs no type": (
        "{ rated { id stars } }",
        {"ratings": 1},
        {"rated": [{"id": "s1", "stars": 2}, {"id": "f1", "stars": 2}]},
    ),
    "the runtime type costs one request for all objects": (
        "{ rated { __typename stars title ... on Film { minutes } } }",
        {"ratings": 1, "works": 1},
        {
            "rated": [
                {"__typename": "Song", "stars": 2, "title": "One"},
                {"__typename": "Film", "stars": 2, "title": "Two", "minutes": 92},
            ]
        },
    ),
    "what the interface has is asked at once, whatever the fragment": (
        "{ rated { ... on Song { id stars } } }",
        {"ratings": 1, "works": 1},
        {"rated": [{"id": "s1", "stars": 2}, {}]},
    ),
    "types share one request to the interface object": (
        "{ works { id stars } }",
        {"works": 1, "ratings": 1},
        {"works": [{"id": "s1", "stars": 2}, {"id": "f1", "stars": 2}]},
    ),
    "a requirement of an interface object comes back to it": (
        "{ rated { verdict } }",
        {"ratings": 2, "works": 1},
        {"rated": [{"verdict": "One!"}, {"verdict": "Two!"}]},
    ),
    "from one interface object to another without asking for the type": (
        "{ rated { plays } }",
        {"ratings": 1, "plays": 1},
        {"rated": [{"plays": 7}, {"plays": 7}]},
    ),
    "lookups that may start at once are one request": (
        "{ charts { top { stars } newest { stars } } }",
        {"plays": 1, "ratings": 1},
        {"charts": {"top": [{"stars": 2}, {"stars": 2}], "newest": [{"stars": 2}, {"stars": 2}]}},
    ),
    "one field required with two arguments is one request with two lookups": (
        "{ works { ... on Film { priceInDollars priceInEuros } } }",
        {"works": 1, "shop": 1},
        {"works": [{}, {"priceInDollars": "3 USD", "priceInEuros": "4 EUR"}]},
    ),
    "what nobody waits for joins the request that comes anyway": (
        "{ works { ... on Film { tax priceInEuros } } }",
        {"works": 1, "shop": 1},
        {"works": [{}, {"tax": 5, "priceInEuros": "4 EUR"}]},
    ),
    "a member that another owner of the field lacks is not asked for": (
        "{ shelf { item { __typename ... on Film { minutes } ... on Song { seconds } } only { __typename } } }",
        {"works": 1, "shop": 1},
        {"shelf": {"item": {"__typename": "Film", "minutes": 92}, "only": {"__typename": "Poster"}}},
    ),
    "nothing is asked of the type where no object is of it": (
        '{ work(id: "s1") { id ... on Film { tax } } }',
        {"works": 1},
        {"work": {"id": "s1"}},
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_requests(name: str) -> None:
    query, expected, data = CASES[name]
    federation = Federation(studio())
    answer = await federation.ask(query)
    assert answer == {"data": data}
    sent = Counter({name: len(subgraph.sent) for name, subgraph in federation.subgraphs.items() if subgraph.sent})
    assert sent == expected
