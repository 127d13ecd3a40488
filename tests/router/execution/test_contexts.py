"""@context and @fromContext: arguments that come from further up, different for each place that an object is at."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLObjectType

from router.composition.errors import CompositionFailedError
from router.execution.executor import Request, execute

from ..federation import LINK, Resolver, TestSubgraph, refuse
from ..in_process import Federation
from ..market import Market


@pytest.fixture
def federation() -> Federation:
    return Federation(Market().subgraphs())


async def data(federation: Federation, query: str, **variables: Any) -> Any:
    answer = await federation.ask(query, variables)
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


async def test_clients_do_not_see_the_argument(federation: Federation) -> None:
    product = federation.supergraph.schema.type_map["Product"]
    assert isinstance(product, GraphQLObjectType)
    assert set(product.fields["price"].args) == {"digits"}


async def test_each_object_is_asked_with_the_value_around_it(federation: Federation) -> None:
    answer = await data(federation, "{ regions { products { price } } }")
    assert [[product["price"] for product in region["products"]] for region in answer["regions"]] == [
        ["p1 GBP", "p2 GBP"],
        ["p1 EUR"],
        ["p2 EUR"],
    ]


async def test_objects_with_equal_values_are_asked_for_together_and_all_in_one_request(federation: Federation) -> None:
    await data(federation, "{ regions { products { price } } }")
    _, request = federation.subgraphs["market"].sent
    one, two = ({"__typename": "Product", "id": id_} for id_ in ("p1", "p2"))
    assert request["variables"] == {
        "representations": [one, two],
        "contextualArgument_2_0": "GBP",
        "representations_2": [one, two],
        "contextualArgument_2_0_2": "EUR",
    }
    assert "_entities_2:_entities(representations:$representations_2)" in request["query"]


async def test_errors_of_each_value_are_where_the_client_finds_them() -> None:
    market = Market()
    resolvers = {**market.resolvers(), "Product.price": _refuse_euros}
    federation = Federation([TestSubgraph(sub.name, sub.sdl, resolvers, market.find) for sub in market.subgraphs()])
    answer = await federation.ask("{ regions { products { price } } }")
    assert [[product["price"] for product in region["products"]] for region in answer["data"]["regions"]] == [
        ["GBP", "GBP"],
        [None],
        [None],
    ]
    assert sorted(error["path"] for error in answer["errors"]) == [
        ["regions", 1, "products", 0, "price"],
        ["regions", 2, "products", 0, "price"],
    ]


def _refuse_euros(_: object, __: object, currency: str) -> str:
    if currency == "EUR":
        raise refuse("no euros", "NO_EUROS")
    return currency


async def test_many_values_are_spread_over_requests() -> None:
    market = Market()
    product = market.products[0]
    market.regions[:] = [{**market.regions[0], "currency": f"c{n}", "products": [product]} for n in range(70)]
    federation = Federation(market.subgraphs())
    answer = await data(federation, "{ regions { products { price } } }")
    assert [region["products"][0]["price"] for region in answer["regions"]] == [f"p1 c{n}" for n in range(70)]
    assert len(federation.subgraphs["market"].sent) == 1 + 3


async def test_requests_for_so_many_values_and_no_more_are_kept() -> None:
    market = Market()
    whole, product = list(market.regions), market.products[0]
    federation = Federation(market.subgraphs())
    operation = federation.compile("{ regions { products { price } } }")
    (repeating,) = (fetch for fetch in operation.fetches if fetch.lookups)
    for count in range(1, 12):
        market.regions[:] = [{**whole[0], "currency": f"c{n}", "products": [product]} for n in range(count)]
        response = await execute(operation, Request({}, {}), federation.transport)
        assert not response.errors
        assert len(federation.subgraphs["market"].sent) == 2 * count
        assert len(repeating.copies) <= 4


async def test_the_clients_variables_keep_their_names(federation: Federation) -> None:
    query = """
    query($representations_2: Int) { regions { products { price(digits: $representations_2) } } }
    """
    answer = await data(federation, query, representations_2=7)
    assert [region["products"][0]["price"] for region in answer["regions"]] == ["p1 GBP 7", "p1 EUR 7", "p2 EUR 7"]


async def test_the_nearest_place_counts(federation: Federation) -> None:
    query = "{ regions { products { price } shops { product { price } } } }"
    region, *_ = (await data(federation, query))["regions"]
    assert [product["price"] for product in region["products"]] == ["p1 GBP", "p2 GBP"]
    assert [shop["product"] for shop in region["shops"]] == [
        {"price": "p1 SEK"},
        {"price": "p1 None"},
    ]


async def test_the_clients_arguments_stay(federation: Federation) -> None:
    query = """
    query($contextualArgument_2_0: Int) {
      regions { products { a: price(digits: 2) b: price(digits: $contextualArgument_2_0) } }
    }
    """
    answer = await data(federation, query, contextualArgument_2_0=3)
    assert answer["regions"][1]["products"] == [{"a": "p1 EUR 2", "b": "p1 EUR 3"}]


async def test_each_member_of_a_union_sets_it_in_its_own_way(federation: Federation) -> None:
    query = "{ spots { ... on Region { products { price } } ... on Shop { product { price } } } }"
    assert (await data(federation, query))["spots"] == [
        {"product": {"price": "p1 SEK"}},
        None,
        {"products": [{"price": "p1 GBP"}, {"price": "p2 GBP"}]},
    ]


async def test_an_interface_sets_it_for_all_its_types(federation: Federation) -> None:
    query = "{ areas { ... on Region { products { label } } ... on Shop { product { label } } } }"
    assert (await data(federation, query))["areas"] == [
        {"products": [{"label": "p1 in fr"}]},
        {"product": {"label": "p1 in shop-2"}},
    ]


async def test_a_value_that_is_not_there_is_an_error_where_it_was_needed(federation: Federation) -> None:
    """`market` does not know the first of the popular regions."""
    answer = await federation.ask("{ popular { tax { duty } } }")
    assert answer["data"] == {"popular": [{"tax": {"duty": None}}, {"tax": {"duty": "t1 at 3"}}]}
    (error,) = answer["errors"]
    assert error["path"] == ["popular", 0, "tax"]
    assert error["extensions"] == {"code": "REPRESENTATION_INCOMPLETE", "service": "market"}


async def test_what_is_set_far_above_in_another_subgraph(federation: Federation) -> None:
    query = "{ regions { featured { twin { box { product { price } } } } } }"
    answer = await data(federation, query)
    assert [region["featured"]["twin"]["box"]["product"]["price"] for region in answer["regions"]] == [
        "p1 GBP",
        "p1 EUR",
        "p2 EUR",
    ]


async def test_an_entity_at_two_places_has_what_each_of_them_gives_it(federation: Federation) -> None:
    """Both regions feature p1, whose twin came once for both."""
    query = "{ regions { products { twin { price parts { cost } } } } }"
    uk, fr, de = (await data(federation, query))["regions"]
    assert [product["twin"]["price"] for product in uk["products"]] == ["p2 GBP", "p1 GBP"]
    assert fr["products"][0]["twin"] == {"price": "p2 EUR", "parts": [{"cost": "part1 EUR"}]}
    assert de["products"][0]["twin"]["parts"] == [{"cost": "part1 EUR"}, {"cost": "part2 EUR"}]
    assert uk["products"][0]["twin"]["parts"] == [{"cost": "part1 GBP"}]


async def test_nothing_is_asked_where_the_field_is_left_out(federation: Federation) -> None:
    query = "query($x: Boolean!) { regions { products { id price @include(if: $x) } } }"
    await data(federation, query, x=False)
    assert len(federation.subgraphs["market"].sent) == 1
    assert (await data(federation, query, x=True))["regions"][1]["products"] == [{"id": "p1", "price": "p1 EUR"}]


async def test_outside_the_context_the_field_cannot_be_reached() -> None:
    catalog, *others = Market().subgraphs()[::-1]
    catalog.sdl = catalog.sdl.replace("popular: [Region!]!", "product: Product")
    with pytest.raises(
        CompositionFailedError, match=r"Product\.price cannot be .* from the context market__place, which nothing"
    ):
        Federation([catalog, *others])


async def test_a_type_can_set_a_context_for_its_own_fields() -> None:
    sdl = """
    type Query { user: User named: Named }
    interface Named { id: ID! }
    type User implements Named @key(fields: "id") @context(name: "self") {
      id: ID!
      name: Name
      greeting(name: String @fromContext(field: "$self { name { first } }")): String
    }
    type Name { first: String }
    """
    user = {"__typename": "User", "id": "1", "name": {"first": "Ada"}}
    resolvers: dict[str, Resolver] = {
        "Query.user": lambda *_: user,
        "Query.named": lambda *_: user,
        "User.greeting": lambda _, __, name: f"Hello {name}",
    }
    federation = Federation([TestSubgraph("s", LINK + sdl, resolvers, lambda *_: user)])
    answer = await data(federation, "{ user { greeting } named { id ... on User { greeting } } }")
    assert answer == {"user": {"greeting": "Hello Ada"}, "named": {"id": "1", "greeting": "Hello Ada"}}
