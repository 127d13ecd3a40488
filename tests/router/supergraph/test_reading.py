"""Supergraphs of every version of the join spec become the same model."""

from __future__ import annotations

import pytest

from router.planning.explain import plan_text
from router.supergraph.errors import SupergraphError
from router.supergraph.reading import read_supergraph

V01 = """
schema
  @core(feature: "https://specs.apollo.dev/core/v0.2")
  @core(feature: "https://specs.apollo.dev/join/v0.1", for: EXECUTION)
{ query: Query }
directive @core(feature: String!, as: String, for: core__Purpose) repeatable on SCHEMA
directive @join__field(graph: join__Graph, provides: join__FieldSet, requires: join__FieldSet) on FIELD_DEFINITION
directive @join__type(graph: join__Graph!, key: join__FieldSet) repeatable on OBJECT | INTERFACE
directive @join__owner(graph: join__Graph!) on OBJECT | INTERFACE
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
enum core__Purpose { EXECUTION SECURITY }
scalar join__FieldSet
enum join__Graph {
  ACCOUNTS @join__graph(name: "accounts" url: "http://accounts")
  PRODUCTS @join__graph(name: "products" url: "http://products")
  REVIEWS @join__graph(name: "reviews" url: "http://reviews")
}
interface Named { name: String }
union Reviewed = Product | User
type Product implements Named
  @join__owner(graph: PRODUCTS)
  @join__type(graph: PRODUCTS, key: "upc")
  @join__type(graph: REVIEWS, key: "upc")
{
  upc: String!
  name: String
  weight: Int
  size: Size
  reviews: [Review] @join__field(graph: REVIEWS)
  effort: Int @join__field(graph: REVIEWS, requires: "weight")
}
type Size { height: Int width: Int }
type User @join__owner(graph: ACCOUNTS) @join__type(graph: ACCOUNTS, key: "id") @join__type(graph: REVIEWS, key: "id") {
  id: ID!
  username: String
}
type Review @join__owner(graph: REVIEWS) @join__type(graph: REVIEWS, key: "id") {
  id: ID!
  author: User @join__field(graph: REVIEWS, provides: "username")
  about: Reviewed
}
type Query {
  me: User @join__field(graph: ACCOUNTS)
  named: Named @join__field(graph: PRODUCTS)
  topProducts: [Product] @join__field(graph: PRODUCTS)
}
"""


def asked_of(query: str) -> list[str]:
    """The fetches of the plan, by subgraph in order."""
    lines = plan_text(read_supergraph(V01), query).splitlines()
    return [line.split(" ")[1] for line in lines if line[:1].isdigit()]


@pytest.mark.parametrize(
    ("query", "subgraphs"),
    [
        ("{ topProducts { upc name size { height } } }", ["products"]),
        ("{ topProducts { reviews { id } } }", ["products", "reviews"]),
        ("{ topProducts { effort } }", ["products", "reviews"]),
        ("{ topProducts { reviews { author { username } } } }", ["products", "reviews"]),
        ("{ topProducts { reviews { about { ... on User { username } } } } }", ["products", "reviews", "accounts"]),
        ("{ named { name ... on Product { reviews { id } } } }", ["products", "reviews"]),
        ("{ me { id username } }", ["accounts"]),
    ],
)
def test_version_0_1_is_understood(query: str, subgraphs: list[str]) -> None:
    assert asked_of(query) == subgraphs


def test_what_a_field_requires_is_sent_in_version_0_1() -> None:
    assert "by Product { upc weight }" in plan_text(read_supergraph(V01), "{ topProducts { effort } }")


def test_clients_see_nothing_of_version_0_1() -> None:
    names = set(read_supergraph(V01).schema.type_map)
    assert {"Product", "Reviewed", "Size"} <= names
    assert not {name for name in names if name.startswith(("join__", "core__"))}


@pytest.mark.parametrize(
    ("sdl", "said"),
    [
        ("type Query {", "Syntax Error"),
        ("type Query { a: Int }", "no enum join__Graph"),
        (V01.replace("join__field(graph: ACCOUNTS)", "join__field(graph: NOBODY)"), "NOBODY"),
        (V01.replace("weight: Int", "weight: Missing"), "Missing"),
        (V01.replace('provides: "username"', 'provides: "{{"'), "Syntax Error"),
    ],
)
def test_what_is_no_supergraph_is_said_to_be_none(sdl: str, said: str) -> None:
    with pytest.raises(SupergraphError, match=said):
        read_supergraph(sdl)


CONTEXTS = """
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/context/v0.1", for: SECURITY)
{ query: Query }
scalar context__ContextFieldValue
enum join__Graph { S @join__graph(name: "s", url: "http://s") }
type Query @join__type(graph: S) { user: User @join__field(graph: S) }
type User @join__type(graph: S, key: "id") @context(name: "s__c") { id: ID! locale: String child: Child }
type Child @join__type(graph: S, key: "id") {
  id: ID!
  text(x: Int): String @join__field(graph: S, contextArguments: [
    {context: "s__c", name: "locale", type: "String", selection: "{ locale }"}
  ])
}
"""


def test_contexts() -> None:
    supergraph = read_supergraph(CONTEXTS)
    assert supergraph.contexts_of("User") == {"s__c"}
    assert supergraph.contexts_of("Child") == set()
    assert supergraph.contextual_fields == {"text"}
    plan = plan_text(supergraph, "{ user { child { text(x: 1) } } }")
    assert "text(x: 1, locale: $contextualArgument_2_0)" in plan
