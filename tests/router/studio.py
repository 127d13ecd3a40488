"""A made-up graph of what planners get wrong: interface objects, unions whose members differ, one field required with
two arguments, and fetches that could be one."""

from __future__ import annotations

from collections.abc import Mapping

from .federation import LINK, Record, Resolver, TestSubgraph

SDL = {
    # Knows what a work really is.
    "works": """
    type Query { works: [Work!]! work(id: ID!): Work shelf: Shelf }
    interface Work @key(fields: "id") { id: ID! title: String }
    type Song implements Work @key(fields: "id") { id: ID! title: String seconds: Int }
    type Film implements Work @key(fields: "id") { id: ID! title: String minutes: Int price(currency: String!): Int }
    type Shelf @key(fields: "id") { id: ID! item: Item @shareable }
    union Item = Song | Film
    """,
    # Has ratings for anything that is a work, whatever it is.
    "ratings": """
    type Query { rated: [Work!]! }
    type Work @key(fields: "id") @interfaceObject {
      id: ID!
      title: String @external
      stars: Int
      verdict: String @requires(fields: "title")
    }
    """,
    # And who listened to it.
    "plays": """
    type Query { charts: Charts }
    type Charts { top: [Work!]! newest: [Work!]! }
    type Work @key(fields: "id") @interfaceObject { id: ID! plays: Int }
    """,
    "shop": """
    type Film @key(fields: "id") {
      id: ID!
      price(currency: String!): Int @external
      tax: Int
      priceInDollars: String @requires(fields: "price(currency: \\"USD\\")")
      priceInEuros: String @requires(fields: "price(currency: \\"EUR\\")")
    }
    type Shelf @key(fields: "id") { id: ID! item: Item @shareable only: Item }
    type Song @key(fields: "id", resolvable: false) { id: ID! }
    type Poster { width: Int }
    union Item = Film | Poster
    """,
}

RECORDS: list[Record] = [
    {"__typename": "Song", "id": "s1", "title": "One", "seconds": 181},
    {"__typename": "Film", "id": "f1", "title": "Two", "minutes": 92},
]


def _find(_: str, representation: Record) -> Record | None:
    if representation["__typename"] == "Shelf":
        return {"__typename": "Shelf", "id": representation["id"]}
    return next((record for record in RECORDS if record["id"] == representation["id"]), None)


def _rated(representation: Record) -> Record:
    """To ratings and plays a work is a work."""
    return {"__typename": "Work", "id": representation["id"], "stars": len(representation["id"]), "plays": 7}


def studio() -> list[TestSubgraph]:
    """The four of them, with their resolvers."""
    works = [_rated(record) for record in RECORDS]
    resolvers: Mapping[str, Resolver] = {
        "Query.works": lambda *_: RECORDS,
        "Query.work": lambda _, __, id: _find("", {"__typename": "Song", "id": id}),
        "Query.shelf": lambda *_: {"__typename": "Shelf", "id": "1"},
        "Query.rated": lambda *_: works,
        "Query.charts": lambda *_: {"top": works, "newest": works[::-1]},
        "Film.price": lambda film, _, currency: len(currency) + (1 if currency == "EUR" else 0),
        "Film.tax": lambda *_: 5,
        "Film.priceInDollars": lambda film, _: f"{film['__sent']['price']} USD",
        "Film.priceInEuros": lambda film, _: f"{film['__sent']['price']} EUR",
        "Work.verdict": lambda work, _: f"{work['__sent']['title']}!",
        "Shelf.item": lambda *_: RECORDS[1],
        "Shelf.only": lambda *_: {"__typename": "Poster", "width": 3},
    }
    finders = {"works": _find, "shop": _find}
    return [
        TestSubgraph(name, LINK + sdl, resolvers, finders.get(name, lambda _, sent: _rated(sent)))
        for name, sdl in SDL.items()
    ]
