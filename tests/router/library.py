"""A made-up graph that uses every way of federating: several, composite and nested keys, chained and nested
requirements, provided fields, shareable value types, interfaces, unions, and entities two hops away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .federation import LINK, Record, Resolver, TestSubgraph

SDL = {
    "catalog": """
    type Query {
      books: [Book!]!
      book(id: ID!): Book
      media: [Media!]!
      search: [Hit!]!
      hits: [[Hit]]
    }
    interface Media { id: ID! title: String }
    type Book implements Media @key(fields: "id") @key(fields: "isbn") {
      id: ID!
      isbn: String!
      title: String @shareable
      author: Author
      format: Format
      similar(first: Int = 2): [Media!]!
    }
    type Film implements Media @key(fields: "id") { id: ID! title: String length: Int! director: Author }
    type Author @key(fields: "id", resolvable: false) { id: ID! }
    union Hit = Book | Film | Author
    enum Format { HARDBACK PAPERBACK }
    """,
    "people": """
    type Query { authors: [Author!]! featured: Book @provides(fields: "title") }
    type Author @key(fields: "id") @key(fields: "email") {
      id: ID!
      email: String!
      name: String
      address: Address
      books: [Book!]!
      favourite: Hit
    }
    type Address @shareable { street: String city: City! }
    type City @shareable { name: String! zip: String }
    type Book @key(fields: "id") { id: ID! title: String @external }
    type Film @key(fields: "id", resolvable: false) { id: ID! }
    union Hit = Book | Film
    """,
    "pricing": """
    type Query { cheapest: Priced }
    interface Priced { price(currency: String! = "GBP"): Int! }
    type Book implements Priced @key(fields: "id") {
      id: ID!
      title: String @external
      weight: Int @external
      author: Author @external
      price(currency: String! = "GBP"): Int!
      shipping: String! @requires(fields: "title weight")
      royalty: String! @requires(fields: "author { rating address { city { name } } }")
    }
    type Film implements Priced @key(fields: "id") { id: ID! price(currency: String! = "GBP"): Int! }
    type Author @key(fields: "id", resolvable: false) {
      id: ID!
      rating: Int @external
      address: Address @external
    }
    type Address @shareable { city: City! }
    type City @shareable { name: String! }
    """,
    "stock": """
    type Book @key(fields: "isbn") { isbn: String! weight: Int warehouse: Warehouse }
    type Warehouse @key(fields: "code country { iso }") { code: ID! country: Country! shelves: [Shelf!]! }
    type Country @shareable { iso: ID! }
    type Shelf { number: Int! top: Book }
    """,
    "logistics": """
    type Query { warehouses: [Warehouse!]! }
    type Warehouse @key(fields: "code country { iso }") { code: ID! country: Country! distance: Int! }
    type Country @shareable { iso: ID! }
    type Author @key(fields: "email") { email: String! rating: Int }
    type Book @key(fields: "id") {
      id: ID!
      shipping: String! @external
      eta: String! @requires(fields: "shipping")
    }
    """,
}


@dataclass
class Library:
    """One set of records."""

    books: list[Record]
    films: list[Record]
    authors: list[Record]
    warehouses: list[Record]

    def find(self, type_name: str, representation: Record) -> Record | None:
        """By whichever key is sent; every key that is sent must agree."""
        records = {
            "Book": self.books,
            "Film": self.films,
            "Author": self.authors,
            "Warehouse": self.warehouses,
        }[type_name]
        keys = [key for key in ("id", "isbn", "email", "code") if key in representation]
        for record in records:
            if all(record[key] == representation[key] for key in keys):
                country = representation.get("country")
                if country is None or country["iso"] == record["country"]["iso"]:
                    return record
        return None

    def resolvers(self) -> Mapping[str, Resolver]:
        """The same for the subgraphs and the monolith, where a record is all that was sent."""
        return {
            "Query.books": lambda *_: self.books,
            "Query.book": lambda _, __, id: self.find("Book", {"id": id}),
            "Query.media": lambda *_: [*self.books, *self.films],
            "Query.search": lambda *_: [*self.authors, *self.films, *self.books],
            "Query.hits": lambda *_: [[*self.books, None], None, self.authors],
            "Query.authors": lambda *_: self.authors,
            "Query.featured": lambda *_: self.books[0] if self.books else None,
            "Query.cheapest": lambda *_: next(iter([*self.films, *self.books]), None),
            "Query.warehouses": lambda *_: self.warehouses,
            "Book.similar": lambda book, _, first: [*self.films, *self.books][:first],
            "Book.price": _price,
            "Film.price": _price,
            "Book.shipping": shipping,
            "Book.royalty": royalty,
            "Book.eta": lambda book, _: f"eta({sent(book).get('shipping') or shipping(book, None)})",
        }

    def load(self, other: Library) -> None:
        """Takes over the records of another; whoever resolves from this one now resolves from them."""
        self.books, self.films = other.books, other.films
        self.authors, self.warehouses = other.authors, other.warehouses

    def subgraphs(self) -> list[TestSubgraph]:
        return [TestSubgraph(name, LINK + sdl, self.resolvers(), self.find) for name, sdl in SDL.items()]


def sent(record: Record) -> Record:
    """What a requirement may look at: in a subgraph only the representation."""
    seen: Record = record.get("__sent", record)
    return seen


def _price(record: Record, _: Any, currency: str) -> int:
    return int(record["cents"]) * (2 if currency == "USD" else 1)


def shipping(book: Record, _: Any) -> str:
    return f"ship({sent(book)['title']}, {sent(book)['weight']})"


def royalty(book: Record, _: Any) -> str:
    author = sent(book)["author"]
    if author is None:
        return "royalty()"
    address = author["address"]
    return f"royalty({author['rating']}, {address and address['city']['name']})"
