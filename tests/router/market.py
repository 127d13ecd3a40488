"""A made-up graph in which what a product costs depends on the place that it was reached through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .federation import LINK, Record, Resolver, TestSubgraph

SDL = {
    "market": """
    type Query { regions: [Region!]! spots: [Spot] areas: [Area!]! }
    interface Area @context(name: "area") { id: ID! code: String }
    type Region implements Area @key(fields: "id") @context(name: "place") @context(name: "region") {
      id: ID!
      code: String
      currency: String
      rate: Int!
      tax: Tax @shareable
      shops: [Shop!]!
      products: [Product!]!
    }
    type Shop implements Area @key(fields: "id") @context(name: "place") {
      id: ID!
      code: String
      money: Money
      product: Product
    }
    type Money { currency: String }
    union Spot = Region | Shop
    type Product @key(fields: "id") {
      id: ID!
      price(
        digits: Int
        currency: String @fromContext(field: "$place ... on Region { currency } ... on Shop { money { currency } }")
      ): String
      label(code: String @fromContext(field: "$area { code }")): String
      parts: [Part!]!
    }
    type Tax @key(fields: "id") { id: ID! duty(rate: Int! @fromContext(field: "$region { rate }")): String }
    type Part @key(fields: "id") { id: ID! cost(currency: String @fromContext(field:
      "$place ... on Region { currency } ... on Shop { money { currency } }")): String }
    """,
    "catalog": """
    type Query { popular: [Region!]! }
    type Region @key(fields: "id") { id: ID! featured: Product tax: Tax @shareable }
    type Tax @key(fields: "id", resolvable: false) { id: ID! }
    type Product @key(fields: "id") { id: ID! name: String twin: Product box: Box }
    type Box { product: Product }
    """,
}


class Market:
    """One set of records, and the subgraphs that serve it."""

    def __init__(self) -> None:
        parts: list[Record] = [{"__typename": "Part", "id": f"part{n}"} for n in (1, 2)]
        one: Record = {"__typename": "Product", "id": "p1", "name": "one", "parts": parts}
        two: Record = {"__typename": "Product", "id": "p2", "name": "two", "parts": parts[:1]}
        one["twin"], two["twin"] = two, one
        one["box"], two["box"] = {"product": two}, {"product": one}
        self.products = [one, two]
        self.shops: list[Record] = [
            _place("Shop", "s1", "shop-1", money={"currency": "SEK"}, product=one),
            _place("Shop", "s2", "shop-2", money=None, product=one),
        ]
        tax = {"__typename": "Tax", "id": "t1"}
        self.lost = _place("Region", "r9", "??", featured=one, tax=tax)
        self.regions: list[Record] = [
            _place(
                "Region",
                "r1",
                "uk",
                currency="GBP",
                rate=1,
                shops=self.shops,
                products=[one, two],
                featured=one,
                tax=tax,
            ),
            _place("Region", "r2", "fr", currency="EUR", rate=2, shops=[], products=[one], featured=one, tax=tax),
            _place("Region", "r3", "de", currency="EUR", rate=3, shops=[], products=[two], featured=two, tax=tax),
        ]

    def find(self, type_name: str, representation: Record) -> Record | None:
        if type_name in ("Part", "Tax"):
            return {"__typename": type_name, "id": representation["id"]}
        records = {"Product": self.products, "Shop": self.shops, "Region": self.regions}[type_name]
        return next((record for record in records if record["id"] == representation["id"]), None)

    def resolvers(self) -> Mapping[str, Resolver]:
        return {
            "Query.regions": lambda *_: self.regions,
            "Query.spots": lambda *_: [self.shops[0], None, self.regions[0]],
            "Query.areas": lambda *_: [self.regions[1], self.shops[1]],
            "Query.popular": lambda *_: [self.lost, self.regions[2]],
            "Product.price": _price,
            "Tax.duty": lambda tax, _, rate: f"{tax['id']} at {rate}",
            "Product.label": lambda product, _, code=None: f"{product['id']} in {code}",
            "Part.cost": lambda part, _, currency=None: f"{part['id']} {currency}",
        }

    def subgraphs(self) -> list[TestSubgraph]:
        return [TestSubgraph(name, LINK + sdl, self.resolvers(), self.find) for name, sdl in SDL.items()]


def _place(type_name: str, id_: str, code: str, **fields: Any) -> Record:
    return {"__typename": type_name, "id": id_, "code": code, **fields}


def _price(product: Record, _: Any, digits: int | None = None, currency: str | None = None) -> str:
    return f"{product['id']} {currency}" + (f" {digits}" if digits is not None else "")
