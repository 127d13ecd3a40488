"""Orders through their GraphQL face: placing, listing, entities, live updates, and what bad input gets."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest
from litestar import Litestar

from shared_models.kernel.database import Database
from shared_models.kernel.identity import Role
from shared_models.kernel.ids import new_id
from shared_models.kernel.live import LiveEvent, channel
from shared_models.kernel.redis import connect
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Scope
from shared_models.orders import service
from tests.shared_models.orders.placing import count, offer, pay, place
from tests.support.subgraph_client import SubgraphClient, identity_of

PLACE = """
mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) { order { id number status total { amount currency } } userErrors { code message field } }
}
"""
ORDER = """
query ($id: ID!) {
  order(id: $id) {
    status source total { amount } placedBy { id } placedAt failureReason
    lines { sku title quantity returned unitPrice { amount } total { amount currency } variant { id unitsSold } }
  }
}
"""


def order_input(*lines: tuple[str, int], key: str = "k1", method: str = "pm_card_visa") -> dict[str, Any]:
    wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
    return {"input": {"idempotencyKey": key, "paymentMethod": method, "lines": wanted}}


async def test_an_order_is_placed_and_read(client: SubgraphClient, database: Database, scope: Scope) -> None:
    offers = await offer(database, scope, A=339)
    placed = (await client.data(PLACE, order_input(("A", 2))))["placeOrder"]
    assert placed["userErrors"] == []
    assert placed["order"]["status"] == "PLACED"
    assert placed["order"]["total"] == {"amount": 678, "currency": "GBP"}
    assert (await client.data(PLACE, order_input(("A", 2))))["placeOrder"] == placed

    await pay(database, scope, UUID(placed["order"]["id"]))
    order = (await client.data(ORDER, {"id": placed["order"]["id"]}))["order"]
    assert (order["status"], order["source"], order["failureReason"]) == ("PAID", "WEB", None)
    assert order["placedBy"] is not None
    assert order["lines"] == [
        {
            "sku": "A",
            "title": "The A",
            "quantity": 2,
            "returned": 0,
            "unitPrice": {"amount": 339},
            "total": {"amount": 678, "currency": "GBP"},
            "variant": {"id": str(offers["A"].variant_id), "unitsSold": 2},
        }
    ]


async def test_the_same_key_at_once_is_one_order(client: SubgraphClient, database: Database, scope: Scope) -> None:
    await offer(database, scope, A=339)
    answers = await asyncio.gather(*(client.data(PLACE, order_input(("A", 2))) for _ in range(6)))
    assert len({answer["placeOrder"]["order"]["id"] for answer in answers}) == 1
    assert await count(database, scope, "sales_order") == 1


@pytest.mark.parametrize(
    ("variables", "code", "field"),
    [
        (order_input(("A", 0)), "QUANTITY_OUT_OF_RANGE", ["lines", "0", "quantity"]),
        (order_input(("A", 10**9)), "QUANTITY_OUT_OF_RANGE", ["lines", "0", "quantity"]),
        (order_input(("NONE", 1)), "UNKNOWN_SKU", ["lines", "0", "sku"]),
        (order_input(("A" * 100_000, 1)), "SKU_INVALID", ["lines", "0", "sku"]),
        (order_input(("A\0", 1)), "SKU_INVALID", ["lines", "0", "sku"]),
        (order_input(("FREE", 1)), "NOT_FOR_SALE", ["lines", "0", "sku"]),
        (order_input(("DEAR", 1_000_000)), "AMOUNT_TOO_LARGE", None),
        (order_input(), "LINES_OUT_OF_RANGE", ["lines"]),
        (order_input(("A", 1), key="k" * 201), "IDEMPOTENCY_KEY_INVALID", ["idempotencyKey"]),
        (order_input(("A", 1), method="cash"), "PAYMENT_METHOD_INVALID", ["paymentMethod"]),
    ],
)
async def test_bad_orders_leave_nothing_behind(
    client: SubgraphClient,
    database: Database,
    scope: Scope,
    variables: dict[str, Any],
    code: str,
    field: list[str] | None,
) -> None:
    await offer(database, scope, A=339, FREE=0, DEAR=100_000)
    placed = (await client.data(PLACE, variables))["placeOrder"]
    assert placed["order"] is None
    assert [(error["code"], error["field"]) for error in placed["userErrors"]] == [(code, field)]
    assert [await count(database, scope, table) for table in ("sales_order", "order_line", "outbox")] == [0, 0, 0]


async def test_a_quantity_beyond_32_bits_is_no_int(client: SubgraphClient) -> None:
    answer = await client.query(PLACE, order_input(("A", 2**31)))
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_nobody_is_told_anything(app: Litestar, settings: KernelSettings) -> None:
    nobody = SubgraphClient(app, "orders", settings)
    for document in (
        "{ orders { totalCount } }",
        '{ order(id: "01890000-0000-7000-8000-000000000000") { id } }',
        '{ _entities(representations: [{__typename: "Order", id: "01890000-0000-7000-8000-000000000000"}]) '
        "{ ... on Order { id } } }",
    ):
        answer = await nobody.query(document)
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED", document


async def test_other_tenants_see_nothing(
    app: Litestar, settings: KernelSettings, client: SubgraphClient, database: Database, scope: Scope
) -> None:
    offers = await offer(database, scope, A=339)
    order = await place(database, scope, [("A", 2)])
    await pay(database, scope, order.id)
    stranger = SubgraphClient(app, "orders", settings, identity_of())
    assert (await stranger.data(ORDER, {"id": order.id}))["order"] is None
    entities = """
    query ($order: ID!, $variant: ID!, $user: ID!) {
      orders { totalCount edges { node { id } } }
      _entities(representations: [
        {__typename: "Order", id: $order}, {__typename: "Variant", id: $variant}, {__typename: "User", id: $user}
      ]) { ... on Order { id } ... on Variant { unitsSold } ... on User { orders { totalCount edges { cursor } } } }
    }
    """
    variables = {"order": order.id, "variant": offers["A"].variant_id, "user": scope.actor_id}
    assert await stranger.data(entities, variables) == {
        "orders": {"totalCount": 0, "edges": []},
        "_entities": [None, {"unitsSold": 0}, {"orders": {"totalCount": 0, "edges": []}}],
    }
    for mutation in ("cancelOrder", "fulfilOrder"):
        document = f'mutation {{ {mutation}(input: {{id: "{order.id}"}}) {{ userErrors {{ code }} }} }}'
        assert (await stranger.data(document))[mutation]["userErrors"] == [{"code": "NOT_FOUND"}]


async def test_pages_are_newest_first_and_filtered(client: SubgraphClient, database: Database, scope: Scope) -> None:
    await offer(database, scope, A=339)
    orders = [await place(database, scope, [("A", 1)]) for _ in range(5)]
    await pay(database, scope, orders[0].id)
    document = """
    query ($after: String, $filter: OrderFilterInput) {
      orders(first: 2, after: $after, filter: $filter) {
        totalCount edges { cursor node { number } } pageInfo { hasNextPage endCursor }
      }
    }
    """
    seen, after = [], None
    while True:
        page = (await client.data(document, {"after": after}))["orders"]
        seen += [edge["node"]["number"] for edge in page["edges"]]
        assert page["totalCount"] == 5
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen == [order.number for order in reversed(orders)]
    paid = (await client.data(document, {"filter": {"status": "PAID", "source": "WEB"}}))["orders"]
    assert [edge["node"]["number"] for edge in paid["edges"]] == [orders[0].number]
    assert (await client.data(document, {"filter": {"source": "IMPORT"}}))["orders"]["totalCount"] == 0


@pytest.mark.parametrize("arguments", ["first: 0", "first: 101", 'after: "x"', 'after: "YR9i"', "first: -1"])
async def test_impossible_pages(client: SubgraphClient, arguments: str) -> None:
    answer = await client.query(f"{{ orders({arguments}) {{ totalCount }} }}")
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_a_persons_orders(client: SubgraphClient, database: Database, scope: Scope) -> None:
    await offer(database, scope, A=339)
    other = Scope(scope.tenant_id, actor_id=new_id())
    mine = [await place(database, scope, [("A", 1)]) for _ in range(3)]
    theirs = await place(database, other, [("A", 1)])
    document = """
    query ($users: [_Any!]!) {
      _entities(representations: $users) {
        ... on User { orders(first: 2) { totalCount edges { node { number } } pageInfo { hasNextPage } } }
      }
    }
    """
    users = [{"__typename": "User", "id": str(id)} for id in (scope.actor_id, other.actor_id, new_id())]
    found = [entity["orders"] for entity in (await client.data(document, {"users": users}))["_entities"]]
    numbers = [[edge["node"]["number"] for edge in orders["edges"]] for orders in found]
    assert numbers == [[mine[2].number, mine[1].number], [theirs.number], []]
    assert [orders["pageInfo"]["hasNextPage"] for orders in found] == [True, False, False]
    assert [orders["totalCount"] for orders in found] == [3, 1, 0]


async def test_only_staff_cancel_and_fulfil(
    app: Litestar, settings: KernelSettings, database: Database, scope: Scope
) -> None:
    await offer(database, scope, A=339)
    order = await place(database, scope, [("A", 1)])
    await pay(database, scope, order.id)
    document = f'mutation {{ fulfilOrder(input: {{id: "{order.id}"}}) {{ order {{ status }} userErrors {{ code }} }} }}'
    auditor = SubgraphClient(app, "orders", settings, identity_of(scope.tenant_id, Role.AUDITOR))
    assert (await auditor.query(document))["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    staff = SubgraphClient(app, "orders", settings, identity_of(scope.tenant_id, Role.STAFF))
    assert (await staff.data(document))["fulfilOrder"]["order"] == {"status": "FULFILLED"}
    cancel = document.replace("fulfilOrder", "cancelOrder")
    assert (await staff.data(cancel))["cancelOrder"]["userErrors"] == [{"code": "ILLEGAL_TRANSITION"}]


@pytest.mark.parametrize("id", ["", "x", "01890000-0000-7000-8000-000000000000"])
async def test_ids_that_name_nothing(client: SubgraphClient, id: str) -> None:
    assert (await client.data(ORDER, {"id": id}))["order"] is None
    document = "mutation ($id: ID!) { cancelOrder(input: {id: $id}) { userErrors { code } } }"
    assert (await client.data(document, {"id": id}))["cancelOrder"]["userErrors"] == [{"code": "NOT_FOUND"}]
    stream = client.subscribe("subscription ($id: ID!) { orderUpdated(id: $id) { status } }", {"id": id})
    answers = [answer async for answer in stream]
    assert [answer["errors"][0]["extensions"]["code"] for answer in answers] == ["NOT_FOUND"]


async def test_each_change_is_pushed_until_the_last(
    client: SubgraphClient, database: Database, scope: Scope, settings: KernelSettings
) -> None:
    await offer(database, scope, A=339)
    order = await place(database, scope, [("A", 1)])
    other = await place(database, scope, [("A", 1)])
    redis = connect(settings.redis_url)

    async def tell(order_id: UUID) -> None:
        event = LiveEvent("orders.Something", scope.tenant_id, {"order_id": str(order_id)})
        await redis.publish(channel("orders"), msgspec.json.encode(event))

    statuses = []
    stream = client.subscribe("subscription ($id: ID!) { orderUpdated(id: $id) { status } }", {"id": order.id})
    async for answer in stream:
        status = answer["data"]["orderUpdated"]["status"]
        statuses.append(status)
        async with database.transaction(scope) as session:
            if status == "PLACED":
                await service.mark_reserved(session, order.id)
            elif status == "RESERVED":
                await service.mark_paid(session, order.id)
            elif status == "PAID":
                await service.cancel(session, order.id)
        for changed in (other.id, order.id, order.id):
            await tell(changed)
    await redis.aclose()
    assert statuses == ["PLACED", "RESERVED", "PAID", "CANCELLED"]
