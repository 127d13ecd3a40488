"""Directives for operations that all subgraphs define: clients may write them, and subgraphs get them."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLResolveInfo, get_directive_values, print_schema

from router.gateway.errors import DocumentError

from ..federation import TestSubgraph
from ..in_process import Federation

DIRECTIVES = """
directive @upper(first: Int) on FIELD | OBJECT
directive @note(text: String!) repeatable on FIELD
directive @trace(id: ID) on QUERY | MUTATION
"""
HEAD = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])\n'


def _shown(source: dict[str, Any], info: GraphQLResolveInfo, **_: Any) -> str:
    """The value as the directives of the field will have it."""
    upper = info.schema.get_directive("upper")
    assert upper is not None
    value = str(source[info.field_name])
    given = get_directive_values(upper, info.field_nodes[0], info.variable_values)
    if given is None:
        return value
    first = given.get("first", len(value))
    return value[:first].upper() + value[first:]


def _federation(one: str = DIRECTIVES, two: str = DIRECTIVES) -> Federation:
    user = {"__typename": "User", "id": "u1", "name": "ada", "town": "turin"}
    return Federation(
        [
            TestSubgraph(
                "one",
                HEAD + one + ' type Query { me: User } type User @key(fields: "id") { id: ID! name: String }'
                " type Mutation { rename: User }",
                {
                    "Query.me": lambda *_: user,
                    "Mutation.rename": lambda *_: user,
                    "User.name": _shown,
                    "User.id": _shown,
                },
                lambda *_: user,
            ),
            TestSubgraph(
                "two",
                HEAD + two + ' type User @key(fields: "id") { id: ID! town: String }',
                {"User.town": _shown},
                lambda _, representation: user if representation["id"] == "u1" else None,
            ),
        ]
    )


def _asked(federation: Federation, query: str) -> list[str]:
    return [fetch.document.partition(" ")[2].partition("__")[2] for fetch in federation.compile(query).plan.fetches]


async def test_each_subgraph_gets_those_of_its_fields() -> None:
    answer = await _federation().ask("{ me { name @upper town @upper(first: 1) } }")
    assert answer == {"data": {"me": {"name": "ADA", "town": "Turin"}}}


async def test_with_variables() -> None:
    query = "query ($n: Int, $no: Boolean!) { me { name @upper(first: $n) town @upper(first: $n) @skip(if: $no) } }"
    answer = await _federation().ask(query, {"n": 1, "no": False})
    assert answer == {"data": {"me": {"name": "Ada", "town": "Turin"}}}


async def test_a_key_is_not_what_a_directive_makes_of_it() -> None:
    answer = await _federation().ask("{ me { id @upper town } }")
    assert answer == {"data": {"me": {"id": "U1", "town": "turin"}}}


@pytest.mark.parametrize(
    "query",
    [
        "query ($yes: Boolean!) { me { name name @upper @include(if: $yes) } }",
        "query ($yes: Boolean!) { me { name @upper @include(if: $yes) name } }",
        "query ($yes: Boolean!) { me { name } ...F @include(if: $yes) } fragment F on Query { me { name @upper } }",
    ],
)
@pytest.mark.parametrize(("yes", "name"), [(True, "ADA"), (False, "ada")])
async def test_a_directive_holds_where_its_mention_does(query: str, yes: bool, name: str) -> None:
    assert await _federation().ask(query, {"yes": yes}) == {"data": {"me": {"name": name}}}


def test_each_is_there_once_unless_it_may_be_repeated() -> None:
    query = '{ me { name @upper(first: 1) @note(text: "a") name @upper(first: 2) @note(text: "b") @note(text: "a") } }'
    assert _asked(_federation(), query) == ['one__1 {me{name @upper(first: 1) @note(text: "a") @note(text: "b")}}']


def test_those_of_the_operation_go_with_its_fetches() -> None:
    query = "query Q($id: ID) @trace(id: $id) { me { name town } }"
    assert _asked(_federation(), query) == [
        "one__1($id: ID) @trace(id: $id) {me{name id}}",
        "two__2($representations: [_Any!]!, $id: ID) @trace(id: $id) {_entities(representations: $representations)"
        "{... on User{town}}}",
    ]


def test_those_of_a_mutation_are_not_those_of_the_queries_after_it() -> None:
    first, second = _asked(_federation(), "mutation M @trace { rename { town } }")
    assert first == "one__1 @trace {rename{id}}"
    assert "@trace" not in second


def test_clients_see_where_they_may_write_one() -> None:
    text = print_schema(_federation().supergraph.schema)
    assert "directive @upper(first: Int) on FIELD\n" in text
    assert "join__" not in text


@pytest.mark.parametrize("query", ["{ me { name @upper } }", "query @trace { me { name } }"])
def test_what_not_every_subgraph_knows_is_unknown(query: str) -> None:
    with pytest.raises(DocumentError, match="Unknown directive"):
        _federation(two="").compile(query)


def test_what_the_router_decides_on_goes_to_no_subgraph() -> None:
    own = "directive @defer(if: Boolean) on FRAGMENT_SPREAD directive @stream(if: Boolean) on FIELD"
    federation = _federation(own, own)
    with pytest.raises(DocumentError, match="@stream"):
        federation.compile("{ me { name @stream } }")


def test_a_composed_directive_of_a_spec_is_not_for_clients() -> None:
    composed = """
      extend schema
        @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@composeDirective"])
        @link(url: "https://example.org/upper/v1.0", import: ["@upper"])
        @composeDirective(name: "@upper")
      directive @upper(first: Int) on FIELD | OBJECT
    """
    federation = Federation([TestSubgraph("one", composed + "type Query { a: Int }", {}, lambda *_: None)])
    assert "directive @upper" in federation.sdl
    with pytest.raises(DocumentError, match="Unknown directive"):
        federation.compile("{ a @upper }")
