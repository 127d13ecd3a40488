"""The shop's four subgraphs: who has written what about which product, from a fixed seed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.router.resolver import Entity, Resolver

_USERS, _PRODUCTS, _REVIEWS = 6, 9, 27
_CATALOGUE = 29_000
_FOLDER = Path(__file__).parent / "graphs" / "shop"
_WORDS = ("a", "well", "made", "thing", "that", "came", "in", "time", "and", "does", "what", "it", "should", "do")

SDLS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("*.graphql"))}


def resolvers() -> dict[str, Resolver]:
    """By name of the subgraph."""
    random_ = random.Random(20_26)
    users = [
        {
            "__typename": "User",
            "id": f"u{number}",
            "name": f"Person Number {number}",
            "username": f"@person{number}",
            "birthday": f"199{number}-01-01",
            "reviews": [],
        }
        for number in range(_USERS)
    ]
    products: list[dict[str, Any]] = [_product(number, random_) for number in range(_CATALOGUE)]
    reviewed = products[:_PRODUCTS]
    for number in range(_REVIEWS):
        author, product = users[number % _USERS], reviewed[number % _PRODUCTS]
        review = {
            "__typename": "Review",
            "id": f"r{number}",
            "body": " ".join(random_.choices(_WORDS, k=6)),
            "author": author,
            "product": product,
        }
        author["reviews"].append(review)  # type: ignore[attr-defined]  # the one list among strings
        product["reviews"].append(review)

    known: dict[tuple[str, str], Entity] = {("User", str(user["id"])): user for user in users}
    known.update({("Product", product["upc"]): product for product in products})

    def reference(representation: Mapping[str, Any]) -> Entity:
        key = representation["id"] if representation["__typename"] == "User" else representation["upc"]
        return known[representation["__typename"], key]

    def in_inventory(representation: Mapping[str, Any]) -> Entity:
        """What `@requires` asks for has to come with the representation: inventory knows no price itself."""
        entity = {**reference(representation), "inStock": int(representation["upc"][1:]) % 3 > 0}
        if "price" in representation:
            is_dear = representation["price"] > 1000
            entity["shippingEstimate"] = 0 if is_dear else representation["weight"] // 2
        return entity

    def first_users(first: int = _USERS) -> list[Entity]:
        return list(users[:first])

    def first_products(first: int = 5) -> list[Entity]:
        return list(products[:first])

    return {
        "accounts": Resolver({"users": first_users, "me": users[0]}, reference),
        "inventory": Resolver({}, in_inventory),
        "products": Resolver({"topProducts": first_products, "catalogue": first_products}, reference),
        "reviews": Resolver({}, reference),
    }


def _product(number: int, random_: random.Random) -> dict[str, Any]:
    return {
        "__typename": "Product",
        "upc": f"p{number}",
        "name": f"Article {number}",
        "price": random_.randint(10, 2_000),
        "weight": random_.randint(10, 1_000),
        "description": " ".join(random_.choices(_WORDS, k=24)),
        "tags": random_.sample(_WORDS, k=3),
        "maker": {"__typename": "Maker", "name": f"Maker {number % 97}", "country": random_.choice(("FR", "DE", "IT"))},
        "reviews": [],
    }
