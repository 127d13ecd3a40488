"""Estimated costs, each computed by hand."""

from __future__ import annotations

from typing import Any

import pytest

from router.composition.compose import compose
from router.composition.subgraph import SubgraphSource
from router.gateway.documents import compile_document
from router.planning.cost import Given
from router.supergraph.model import Supergraph
from router.supergraph.reading import read_supergraph

from ..federation import LINK
from ..in_process import GENEROUS

SDL = """
type Query {
  book: Book
  books: [Book!]!
  best: [Book] @listSize(assumedSize: 5)
  page(first: Int = 3, last: Int): [Book]
    @listSize(slicingArguments: ["first", "last"], requireOneSlicingArgument: false)
  exact(first: Int, last: Int): [Book] @listSize(slicingArguments: ["first", "last"])
  window(size: Int): [Book] @listSize(assumedSize: 7, slicingArguments: ["size"], requireOneSlicingArgument: false)
  sliced(page: Page = { size: 4 }): [Book] @listSize(slicingArguments: ["page.size", "page.after.size"])
  connection(first: Int!): Connection! @listSize(slicingArguments: ["first"], sizedFields: ["edges"])
  search(filter: Filter, words: [Word!], fuzzy: Boolean @cost(weight: 4)): Int
  media: [Media]
  hit: Hit
}
type Mutation { rename(id: ID!, title: String): Book }
interface Media { id: ID! notes: [String] blurb: String }
type Book implements Media {
  id: ID!
  title: String
  notes: [String]
  blurb: String
  summary: String @cost(weight: 3)
  author: Author
  cover: Image
}
type Film implements Media { id: ID! notes: [String] blurb: String @cost(weight: 6) director: Author stills: [Image!]! }
type Author @cost(weight: 4) { name: String books: [Book!] }
union Hit = Book | Film | Author
type Connection { edges: [Edge] total: Int pages: [Int] }
type Edge { node: Book }
scalar Image @cost(weight: 2)
scalar Word @cost(weight: 1)
input Page { size: Int after: Page }
input Filter { title: String year: Int @cost(weight: 5) and: [Filter!] }
"""


@pytest.fixture(scope="module")
def supergraph() -> Supergraph:
    return read_supergraph(compose([SubgraphSource("s", "http://s/", LINK + SDL)]).sdl)


def cost(supergraph: Supergraph, query: str, **variables: Any) -> int:
    estimate = compile_document(supergraph, query, None, GENEROUS).cost
    return estimate.formula(Given(variables, 10))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ __typename }", 0),
        ("{ __schema { types { name } } }", 0),
        ("{ book { id title } }", 1),
        ("{ book { author { name } } }", 1 + 4),
        ("{ book { summary } }", 1 + 3),
        ("{ book { cover } }", 1 + 2),
        ("{ a: book { id } b: book { id } }", 2),
        ("{ books { id } }", 10),
        ("{ books { author { name books { id } } } }", 10 * (1 + 4 + 10)),
        ("{ book { notes } }", 1),
        ("{ best { summary } }", 5 * (1 + 3)),
        ("{ page { id } }", 3),
        ("{ page(first: 2) { id } }", 2),
        ("{ page(first: 2, last: 6) { id } }", 6),
        ("{ page(first: null) { id } }", 10),
        ("{ page(first: -4) { id } }", 0),
        ("{ window { id } }", 7),
        ("{ window(size: 9) { id } }", 9),
        ("{ connection(first: 4) { total edges { node { title } } } }", 1 + 4 * (1 + 1)),
        ("{ connection(first: 4) { pages } }", 1),
        ("mutation { rename(id: 1) { id } }", 10 + 1),
    ],
)
def test_costs_known_beforehand(supergraph: Supergraph, query: str, expected: int) -> None:
    assert cost(supergraph, query) == expected


def test_arguments_cost_what_they_hold(supergraph: Supergraph) -> None:
    assert cost(supergraph, "{ search }") == 0
    assert cost(supergraph, "{ search(fuzzy: true) }") == 4
    assert cost(supergraph, "{ search(fuzzy: null) }") == 0
    assert cost(supergraph, '{ search(words: ["a", "b", "c"]) }') == 3
    assert cost(supergraph, '{ search(filter: {title: "x", year: 1}) }') == 1 + 5
    assert cost(supergraph, "{ search(filter: {and: [{year: 1}, {}]}) }") == 1 + (1 + 5) + 1


def test_an_object_is_of_one_type_so_the_dearest_counts(supergraph: Supergraph) -> None:
    book, film = "... on Book { author { name } }", "... on Film { stills }"
    assert cost(supergraph, f"{{ hit {{ {book} }} }}") == 4 + 4
    assert cost(supergraph, f"{{ media {{ {book} }} }}") == 10 * (1 + 4)
    assert cost(supergraph, f"{{ media {{ {book} {film} }} }}") == 10 * (1 + max(4, 10 * 2))
    assert cost(supergraph, f"{{ hit {{ ... on Media {{ blurb }} {book} {film} }} }}") == 4 + 6 + 20


def test_an_interface_field_is_as_dear_as_the_dearest(supergraph: Supergraph) -> None:
    assert cost(supergraph, "{ media { blurb } }") == 10 * (1 + 6)


def test_variables_are_read_with_the_request(supergraph: Supergraph) -> None:
    query = "query($n: Int, $x: Boolean = true) { page(first: $n) { id author @include(if: $x) { name } } }"
    assert cost(supergraph, query, n=2, x=True) == 2 * (1 + 4)
    assert cost(supergraph, query, n=2, x=False) == 2
    assert cost(supergraph, query, n=None, x=False) == 10
    assert cost(supergraph, query, x=False) == 3
    query = "query($f: Filter) { search(filter: $f) }"
    assert cost(supergraph, query) == 0
    assert cost(supergraph, query, f={"year": 1}) == 6


def test_variables_inside_fragments_of_which_one_holds(supergraph: Supergraph) -> None:
    query = """
    query($x: Boolean!) { hit { ... on Book { author @include(if: $x) { name } } ... on Film { blurb } } }
    """
    assert cost(supergraph, query, x=True) == 4 + 6
    assert cost(supergraph, query, x=False) == 4 + 6
    query = query.replace("blurb", "id")
    assert cost(supergraph, query, x=True) == 4 + 4
    assert cost(supergraph, query, x=False) == 4


@pytest.mark.parametrize(
    ("arguments", "met"), [("", False), ("(first: 1)", True), ("(first: 1, last: 1)", False), ("(last: $n)", True)]
)
def test_exactly_one_slicing_argument(supergraph: Supergraph, arguments: str, met: bool) -> None:
    head = "query($n: Int)" if "$" in arguments else ""
    query = f"{head} {{ exact{arguments} {{ id }} }}"
    sliced = compile_document(supergraph, query, None, GENEROUS).cost.sliced
    assert [(field.coordinates, field.is_met(Given({"n": 1}, 10))) for field in sliced] == [("Query.exact", met)]


@pytest.mark.parametrize(
    ("arguments", "size", "met"),
    [
        ("", 4, True),
        ("(page: { size: 3 })", 3, True),
        ("(page: { after: { size: 2 } })", 2, True),
        ("(page: { size: 3, after: { size: 5 } })", 5, False),
        ("(page: { size: $n })", 6, True),
        ("(page: null)", 10, False),
        ("(page: {})", 10, False),
    ],
)
def test_a_slicing_argument_inside_an_input_object(
    supergraph: Supergraph, arguments: str, size: int, met: bool
) -> None:
    head = "query($n: Int)" if "$" in arguments else ""
    compiled = compile_document(supergraph, f"{head} {{ sliced{arguments} {{ id }} }}", None, GENEROUS)
    given = Given({"n": 6}, 10)
    inputs = arguments.count("{") or (1 if not arguments else 0)
    assert compiled.cost.formula(given) == size + inputs
    assert [field.is_met(given) for field in compiled.cost.sliced] == [met]


def test_a_field_left_out_needs_no_slicing_argument(supergraph: Supergraph) -> None:
    query = "query($x: Boolean!) { exact @skip(if: $x) { id } }"
    (field,) = compile_document(supergraph, query, None, GENEROUS).cost.sliced
    assert field.is_met(Given({"x": True}, 10))
    assert not field.is_met(Given({"x": False}, 10))
