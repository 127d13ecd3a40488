"""Catalog through its GraphQL face: search, pages, entities, prices, stock, and what bad input gets."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from litestar import Litestar
from sqlalchemy import event, text

from shared_models.kernel.database import Database, database_url
from shared_models.kernel.identity import Role
from shared_models.kernel.ids import new_id
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Scope
from subgraphs.edge.services import Services
from tests.support.subgraph_client import SubgraphClient, identity_of, served

CREATE = """
mutation ($input: CreateProductInput!) {
  createProduct(input: $input) {
    product { id title variants { id sku price { amount currency } stock product { id } } }
    userErrors { code field }
  }
}
"""
PRODUCTS = """
query ($search: String, $first: Int, $after: String) {
  products(search: $search, first: $first, after: $after) {
    totalCount edges { cursor node { title variants { sku } } } pageInfo { hasNextPage endCursor }
  }
}
"""


@pytest.fixture
async def app(settings: KernelSettings) -> AsyncIterator[Litestar]:
    async with served("catalog", settings) as app:
        yield app


@pytest.fixture
async def database(settings: KernelSettings) -> AsyncIterator[Database]:
    database = Database("catalog", database_url(settings, "catalog"))
    yield database
    await database.close()


@pytest.fixture
def scope() -> Scope:
    return Scope(new_id())


@pytest.fixture
def client(app: Litestar, settings: KernelSettings, scope: Scope) -> SubgraphClient:
    return SubgraphClient(app, "catalog", settings, identity_of(scope.tenant_id))


def product(title: str, *skus: str, **changed: Any) -> dict[str, Any]:
    variant = {"title": title, "price": {"amount": 339, "currency": "GBP"}, "stock": 5}
    return {"input": {"title": title, "variants": [{"sku": sku} | variant | changed for sku in skus]}}


async def titles(client: SubgraphClient, search: str | None = None) -> list[str]:
    page = (await client.data(PRODUCTS, {"search": search}))["products"]
    return [edge["node"]["title"] for edge in page["edges"]]


async def events(database: Database, scope: Scope) -> list[tuple[str, dict[str, Any]]]:
    async with database.transaction(scope) as session:
        rows = await session.execute(text("SELECT name, payload FROM outbox ORDER BY id"))
        return [(name, payload) for name, payload in rows]


async def test_a_product_is_created_and_offered(client: SubgraphClient, database: Database, scope: Scope) -> None:
    created = (await client.data(CREATE, product("White lantern", "71053", "71053L")))["createProduct"]
    assert created["userErrors"] == []
    made = created["product"]
    assert [(v["sku"], v["price"]["amount"], v["stock"]) for v in made["variants"]] == [
        ("71053", 339, 5),
        ("71053L", 339, 5),
    ]
    assert {v["product"]["id"] for v in made["variants"]} == {made["id"]}
    ((name, payload),) = await events(database, scope)
    assert name == "catalog.OffersPublished"
    assert [(offer["sku"], offer["version"]) for offer in payload["offers"]] == [("71053", 1), ("71053L", 1)]


async def test_search_looks_into_titles_and_skus_literally(client: SubgraphClient) -> None:
    for title, sku in (("White LANTERN", "71053"), ("100% wool", "W1"), ("A_B", "W2"), ("Plain", "W3")):
        await client.data(CREATE, product(title, sku))
    assert await titles(client) == ["100% wool", "A_B", "Plain", "White LANTERN"]
    assert await titles(client, "lantern") == ["White LANTERN"]
    assert await titles(client, "105") == ["White LANTERN"]
    assert await titles(client, "%") == ["100% wool"]
    assert await titles(client, "_") == ["A_B"]
    assert await titles(client, "\\") == []
    assert await titles(client, "") == ["100% wool", "A_B", "Plain", "White LANTERN"]


async def test_pages_follow_each_other_also_through_equal_titles(client: SubgraphClient) -> None:
    for number in range(5):
        await client.data(CREATE, product("Same" if number < 4 else "Zebra", f"S{number}"))
    seen: list[str] = []
    after = None
    while True:
        page = (await client.data(PRODUCTS, {"first": 2, "after": after}))["products"]
        seen += [edge["node"]["variants"][0]["sku"] for edge in page["edges"]]
        assert page["totalCount"] == 5
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert sorted(seen) == [f"S{number}" for number in range(5)]
    assert seen[-1] == "S4"


async def test_a_page_of_products_takes_as_many_reads_as_it_has_levels(client: SubgraphClient, app: Litestar) -> None:
    for number in range(5):
        await client.data(CREATE, product(f"P{number}", f"S{number}"))
    statements: list[str] = []
    services: Services = app.state.services

    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(services.database.engine.sync_engine, "before_cursor_execute", note)
    document = "{ products(first: 5) { edges { node { title variants { sku product { title } } } } } }"
    await client.data(document)
    event.remove(services.database.engine.sync_engine, "before_cursor_execute", note)
    read = [statement for statement in statements if "FROM product" in statement or "FROM variant" in statement]
    assert len(read) == 3  # the page, their variants at once, those variants' products at once


async def test_entities_by_either_key_in_batches(
    app: Litestar, settings: KernelSettings, client: SubgraphClient
) -> None:
    made = (await client.data(CREATE, product("White lantern", "71053")))["createProduct"]["product"]
    variant = made["variants"][0]
    document = """
    query ($asked: [_Any!]!) {
      _entities(representations: $asked) { ... on Variant { id sku } ... on Product { title } }
    }
    """
    asked = [
        {"__typename": "Variant", "id": variant["id"]},
        {"__typename": "Variant", "sku": "71053"},
        {"__typename": "Product", "id": made["id"]},
        {"__typename": "Variant", "id": str(new_id())},
        {"__typename": "Variant", "id": "no id"},
        {"__typename": "Variant", "sku": "none"},
        {"__typename": "Variant", "sku": "no\0ne"},
        {"__typename": "Product", "id": str(new_id())},
    ]
    known = {"id": variant["id"], "sku": "71053"}
    found = (await client.data(document, {"asked": asked}))["_entities"]
    assert found == [known, known, {"title": "White lantern"}, None, None, None, None, None]
    stranger = SubgraphClient(app, "catalog", settings, identity_of())
    assert (await stranger.data(document, {"asked": asked}))["_entities"] == [None] * 8
    assert (await stranger.data('{ variant(sku: "71053") { id } }'))["variant"] is None
    assert await titles(stranger) == []


async def test_a_price_changes_for_what_follows(client: SubgraphClient, database: Database, scope: Scope) -> None:
    made = (await client.data(CREATE, product("White lantern", "71053")))["createProduct"]["product"]
    document = """
    mutation ($input: UpdatePriceInput!) {
      updatePrice(input: $input) { variant { price { amount } } userErrors { code } }
    }
    """
    change = {"variantId": made["variants"][0]["id"], "price": {"amount": 400, "currency": "GBP"}}
    changed = (await client.data(document, {"input": change}))["updatePrice"]
    assert changed == {"variant": {"price": {"amount": 400}}, "userErrors": []}
    _, (name, payload) = await events(database, scope)
    assert name == "catalog.OffersPublished"
    assert (payload["offers"][0]["price"]["amount"], payload["offers"][0]["version"]) == (400, 2)


async def test_stock_is_adjusted_and_never_negative(client: SubgraphClient, database: Database, scope: Scope) -> None:
    made = (await client.data(CREATE, product("White lantern", "71053")))["createProduct"]["product"]
    document = """
    mutation ($input: AdjustStockInput!) { adjustStock(input: $input) { variant { stock } userErrors { code } } }
    """

    async def adjust(delta: int) -> dict[str, Any]:
        change = {"input": {"variantId": made["variants"][0]["id"], "delta": delta}}
        answer: dict[str, Any] = (await client.data(document, change))["adjustStock"]
        return answer

    assert await adjust(-5) == {"variant": {"stock": 0}, "userErrors": []}
    for delta in (-1, 2_000_000_000):
        assert await adjust(delta) == {"variant": None, "userErrors": [{"code": "STOCK_OUT_OF_RANGE"}]}
    _, (name, payload) = await events(database, scope)
    assert (name, payload["delta"], payload["stock"]) == ("catalog.StockAdjusted", -5, 0)


@pytest.mark.parametrize(
    ("variables", "code", "field"),
    [
        (product("", "S"), "TITLE_INVALID", ["title"]),
        (product("x" * 201, "S"), "TITLE_INVALID", ["title"]),
        (product("A\0", "S"), "TITLE_INVALID", ["title"]),
        (product("A"), "VARIANTS_OUT_OF_RANGE", ["variants"]),
        (product("A", *(f"S{n}" for n in range(101))), "VARIANTS_OUT_OF_RANGE", ["variants"]),
        (product("A", "no sku"), "SKU_INVALID", ["variants", "0", "sku"]),
        (product("A", "S" * 65), "SKU_INVALID", ["variants", "0", "sku"]),
        (product("A", "S", "S"), "SKU_TAKEN", ["variants", "1", "sku"]),
        (product("A", "TAKEN"), "SKU_TAKEN", ["variants", "0", "sku"]),
        (product("A", "S", price={"amount": -1, "currency": "GBP"}), "PRICE_OUT_OF_RANGE", ["variants", "0", "price"]),
        (product("A", "S", price={"amount": 1, "currency": "gbp"}), "CURRENCY_INVALID", ["variants", "0", "price"]),
        (product("A", "S", stock=-1), "STOCK_OUT_OF_RANGE", ["variants", "0", "stock"]),
    ],
)
async def test_bad_products_leave_nothing_behind(
    client: SubgraphClient, variables: dict[str, Any], code: str, field: list[str]
) -> None:
    await client.data(CREATE, product("There", "TAKEN"))
    created = (await client.data(CREATE, variables))["createProduct"]
    assert created == {"product": None, "userErrors": [{"code": code, "field": field}]}
    assert await titles(client) == ["There"]


async def test_who_may_change_what(app: Litestar, settings: KernelSettings, scope: Scope) -> None:
    nobody = SubgraphClient(app, "catalog", settings)
    auditor = SubgraphClient(app, "catalog", settings, identity_of(scope.tenant_id, Role.AUDITOR))
    for caller, code in ((nobody, "UNAUTHENTICATED"), (auditor, "FORBIDDEN")):
        answer = await caller.query(CREATE, product("A", "S"))
        assert answer["errors"][0]["extensions"]["code"] == code
    for document in (
        "{ products { totalCount } }",
        '{ variant(sku: "S") { id } }',
        '{ variant(sku: "\\u0000") { id } }',
    ):
        assert (await nobody.query(document))["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("arguments", ["first: 0", "first: 101", 'after: "x"', 'search: "\\u0000"'])
async def test_impossible_questions(client: SubgraphClient, arguments: str) -> None:
    answer = await client.query(f"{{ products({arguments}) {{ totalCount }} }}")
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("id", ["", "x", "01890000-0000-7000-8000-000000000000"])
async def test_variants_that_are_not_there(client: SubgraphClient, id: str) -> None:
    document = "mutation ($id: ID!) { adjustStock(input: {variantId: $id, delta: 1}) { userErrors { code } } }"
    assert (await client.data(document, {"id": id}))["adjustStock"]["userErrors"] == [{"code": "NOT_FOUND"}]
