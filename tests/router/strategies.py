"""Random records for the library, and random valid operations on any schema."""

from __future__ import annotations

from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_composite_type,
    is_leaf_type,
)
from hypothesis import strategies as st

from .federation import Record
from .library import Library

Draw = Any
_words = st.sampled_from(["lantern", "tea", "bird", "heart", ""])


@st.composite
def libraries(draw: Draw) -> Library:
    """A few records of each type; what the schema lets be null sometimes is."""
    cities = [{"name": name, "zip": draw(st.none() | _words)} for name in ("Bonn", "Oslo")]
    authors: list[Record] = [
        {
            "__typename": "Author",
            "id": f"a{n}",
            "email": f"a{n}@example.org",
            "name": draw(st.none() | _words),
            "rating": draw(st.none() | st.integers(0, 5)),
            "address": draw(st.none() | st.sampled_from([{"street": "High Street", "city": city} for city in cities])),
        }
        for n in range(draw(st.integers(0, 2)))
    ]
    some_author = st.none() | st.sampled_from(authors) if authors else st.none()
    warehouses: list[Record] = [
        {
            "__typename": "Warehouse",
            "code": draw(st.sampled_from(["w1", "w2"])),
            "country": {"iso": f"c{n}"},
            "distance": n,
            "shelves": [],
        }
        for n in range(draw(st.integers(0, 2)))
    ]
    books: list[Record] = [
        {
            "__typename": "Book",
            "id": f"b{n}",
            "isbn": f"isbn{n}",
            "title": draw(st.none() | _words),
            "author": draw(some_author),
            "format": draw(st.sampled_from([None, "HARDBACK", "PAPERBACK"])),
            "weight": draw(st.none() | st.integers(0, 9)),
            "cents": 100 + n,
            "warehouse": draw(st.none() | st.sampled_from(warehouses)) if warehouses else None,
        }
        for n in range(draw(st.integers(0, 3)))
    ]
    films: list[Record] = [
        {
            "__typename": "Film",
            "id": f"f{n}",
            "title": draw(st.none() | _words),
            "length": n,
            "cents": 200 + n,
            "director": draw(some_author),
        }
        for n in range(draw(st.integers(0, 2)))
    ]
    for warehouse in warehouses:
        tops = st.none() | st.sampled_from(books) if books else st.none()
        warehouse["shelves"] = [{"number": n, "top": draw(tops)} for n in range(draw(st.integers(0, 2)))]
    hits = [*books, *films]
    for author in authors:
        author["books"] = [book for book in books if book["author"] is author]
        author["favourite"] = draw(st.none() | st.sampled_from(hits)) if hits else None
    return Library(books, films, authors, warehouses)


_ARGUMENTS = {
    "id": ['"b0"', '"b1"', "$id"],
    "first": ["1", "3", "$first"],
    "currency": ['"USD"', '"GBP"'],
}
VARIABLES = {"yes": "Boolean!", "no": "Boolean!", "id": "ID!", "first": "Int! = 1"}
VALUES = {"yes": True, "no": False, "id": "b0", "first": 2}


@st.composite
def operations(draw: Draw, schema: GraphQLSchema, depth: int = 5) -> str:
    """A query that uses aliases, fragments, conditions and variables; it may be invalid where aliases clash."""
    assert schema.query_type is not None
    body = _selection_set(draw, schema, schema.query_type, depth)
    used = ", ".join(f"${name}: {type_}" for name, type_ in VARIABLES.items() if f"${name}" in body)
    return f"query Random({used}) {body}" if used else f"query Random {body}"


def _selection_set(draw: Draw, schema: GraphQLSchema, type_: GraphQLNamedType, depth: int) -> str:
    parts: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["field", "field", "field", "fragment", "typename"]))
        if kind == "fragment" or (kind == "field" and isinstance(type_, GraphQLUnionType)):
            condition = draw(st.sampled_from(_conditions(schema, type_)))
            inner = _selection_set(draw, schema, schema.type_map[condition], depth)
            parts.append(f"... on {condition}{_directive(draw)} {inner}")
        elif kind == "field":
            parts.append(_field(draw, schema, type_, depth))
        else:
            parts.append(draw(st.sampled_from(["__typename", "kind: __typename"])))
    return "{ " + " ".join(parts) + " }"


def _conditions(schema: GraphQLSchema, type_: GraphQLNamedType) -> list[str]:
    if isinstance(type_, GraphQLObjectType):
        return [type_.name, *(interface.name for interface in type_.interfaces)]
    assert isinstance(type_, GraphQLInterfaceType | GraphQLUnionType)
    members = [member.name for member in schema.get_possible_types(type_)]
    interfaces = {i.name for member in schema.get_possible_types(type_) for i in member.interfaces}
    return [*members, *sorted(interfaces)]


def _field(draw: Draw, schema: GraphQLSchema, type_: GraphQLNamedType, depth: int) -> str:
    fields = getattr(type_, "fields", {})
    names = [name for name, field in fields.items() if depth > 1 or is_leaf_type(get_named_type(field.type))]
    if not names:
        return "__typename"
    name = draw(st.sampled_from(sorted(names)))
    field = fields[name]
    alias = draw(st.sampled_from(["", "", "", "x: ", "id: "]))
    wanted = [
        f"{argument}: {draw(st.sampled_from(_ARGUMENTS[argument]))}"
        for argument in field.args
        if argument == "id" or draw(st.booleans())
    ]
    arguments = f"({', '.join(wanted)})" if wanted else ""
    named = get_named_type(field.type)
    below = ""
    if is_composite_type(named):
        below = " " + _selection_set(draw, schema, named, depth - 1)
    return f"{alias}{name}{arguments}{_directive(draw)}{below}"


def _directive(draw: Draw) -> str:
    directives = ["", "", "", "", " @include(if: $yes)", " @include(if: $no)", " @skip(if: $no)"]
    return str(draw(st.sampled_from(directives)))
