"""The main job, through the router: an order is placed, reserved, paid, audited; or it is not, and all is put back."""

import asyncio
from uuid import uuid4

import aiohttp

from tests.support.platform import Client, Platform

ORDER = """
query($id: ID!) { order(id: $id) {
  status total { amount } outstanding { amount } placedBy { email tenant { tier } }
  payment { status amount { amount currency } }
  lines { quantity unitPrice { amount } variant { sku title stock unitsSold product { title } } }
  auditTrail(first: 20) { edges { node { action sequence hash previousHash } } }
} }
"""


async def test_log_in_tells_who_and_where(stranger: Client) -> None:
    data = await stranger.data(
        'mutation { logIn(input: {email: "owner@premium.example", password: "trellis-demo"}) {'
        " accessToken refreshToken user { id email tenant { id name tier } } userErrors { code message } } }"
    )
    payload = data["logIn"]
    assert payload["accessToken"]
    assert payload["refreshToken"]
    assert payload["user"]["email"] == "owner@premium.example"
    assert payload["user"]["tenant"]["name"] == "premium"
    assert payload["user"]["tenant"]["tier"] == "PREMIUM"


async def test_the_catalog_is_searched(owner: Client) -> None:
    data = await owner.data(
        'query { products(first: 5, search: "lantern") { edges { cursor node { id title variants { id sku'
        " price { amount currency } stock } } } pageInfo { hasNextPage endCursor } } }"
    )
    edges = data["products"]["edges"]
    assert len(edges) == 5
    assert all("lantern" in edge["node"]["title"].lower() for edge in edges)
    assert data["products"]["pageInfo"] == {"hasNextPage": True, "endCursor": edges[-1]["cursor"]}


async def test_an_order_becomes_paid_by_itself(owner: Client) -> None:
    before = await stock_of(owner, "71053")
    payload = await owner.place(f"paid-{uuid4()}", ("71053", 2))
    assert payload["userErrors"] == []
    order = payload["order"]
    assert order["status"] == "PLACED"
    assert await owner.until(order["id"], "PAID") == "PAID"

    seen = (await owner.data(ORDER, id=order["id"]))["order"]
    assert seen["outstanding"] == {"amount": 0}
    assert seen["placedBy"] == {"email": "owner@premium.example", "tenant": {"tier": "PREMIUM"}}
    assert seen["payment"] == {"status": "CAPTURED", "amount": order["total"]}
    (line,) = seen["lines"]
    assert line["quantity"] * line["unitPrice"]["amount"] == order["total"]["amount"]
    assert line["variant"]["sku"] == "71053"
    assert line["variant"]["stock"] == before - 2
    assert line["variant"]["unitsSold"] >= 2
    trail = await until_audited(owner, order["id"], "orders.OrderPaid")
    assert {"orders.OrderPlaced", "orders.OrderReserved", "orders.OrderPaid"} <= {entry["action"] for entry in trail}


async def test_a_declined_card_puts_the_stock_back(owner: Client) -> None:
    before = await stock_of(owner, "22423")
    payload = await owner.place(f"declined-{uuid4()}", ("22423", 3), payment="pm_card_chargeDeclined")
    assert await owner.until(payload["order"]["id"], "PAID", "PAYMENT_FAILED") == "PAYMENT_FAILED"
    assert await stock_of(owner, "22423") == before
    seen = (await owner.data(ORDER, id=payload["order"]["id"]))["order"]
    assert seen["payment"]["status"] == "FAILED"


async def test_an_order_for_more_than_there_is_is_rejected(owner: Client) -> None:
    before = await stock_of(owner, "21730")
    payload = await owner.place(f"much-{uuid4()}", ("21730", before + 1))
    assert await owner.until(payload["order"]["id"], "PAID", "REJECTED") == "REJECTED"
    assert await stock_of(owner, "21730") == before


async def test_the_same_idempotency_key_is_the_same_order(owner: Client) -> None:
    key = f"same-{uuid4()}"
    payloads = await asyncio.gather(*(owner.place(key, ("71053", 1)) for _ in range(8)))
    assert len({payload["order"]["id"] for payload in payloads}) == 1
    other = await owner.place(key, ("71053", 7))
    assert [error["code"] for error in other["userErrors"]] == ["IDEMPOTENCY_KEY_REUSED"]


async def test_counts_books_and_chain_add_up(owner: Client) -> None:
    payload = await owner.place(f"count-{uuid4()}", ("22423", 1))
    await owner.until(payload["order"]["id"], "PAID")
    data = await owner.data(
        "query { orders(first: 1) { totalCount edges { node { id status } } pageInfo { hasNextPage endCursor } }"
        ' variant(sku: "22423") { stock unitsSold } }'
    )
    assert data["orders"]["totalCount"] >= 1
    assert data["orders"]["edges"][0]["node"]["id"] == payload["order"]["id"]
    checks = await owner.data(
        "query { verifyAuditChain { valid entries firstBroken } trialBalance { currency debit credit } }"
    )
    assert checks["verifyAuditChain"]["valid"] is True
    assert checks["verifyAuditChain"]["firstBroken"] is None
    assert all(line["debit"] == line["credit"] > 0 for line in checks["trialBalance"])


async def test_a_cancelled_order_is_refunded_and_restocked(owner: Client) -> None:
    before = await stock_of(owner, "22633")
    payload = await owner.place(f"cancel-{uuid4()}", ("22633", 4))
    order_id = payload["order"]["id"]
    await owner.until(order_id, "PAID")
    data = await owner.data(
        "mutation($id: ID!) { cancelOrder(input: {id: $id}) { order { status } userErrors { code } } }", id=order_id
    )
    assert data["cancelOrder"] == {"order": {"status": "CANCELLED"}, "userErrors": []}
    async with asyncio.timeout(60):
        while (await owner.data(ORDER, id=order_id))["order"]["payment"]["status"] != "REFUNDED":
            await asyncio.sleep(0.05)
        while await stock_of(owner, "22633") != before:
            await asyncio.sleep(0.05)


async def test_another_tenant_sees_nothing(owner: Client, neighbour: Client) -> None:
    payload = await owner.place(f"mine-{uuid4()}", ("71053", 1))
    data = await neighbour.data("query($id: ID!) { order(id: $id) { id } }", id=payload["order"]["id"])
    assert data == {"order": None}


async def test_every_answer_names_its_trace(owner: Client, platform: Platform, http: aiohttp.ClientSession) -> None:
    await owner.data("{ me { id } }")
    assert len(owner.trace_id) == 32
    headers = {"content-type": "application/json"}
    async with http.post(platform.url, data=b"{not json", headers=headers) as response:
        assert response.status == 400
        assert len(response.headers["x-trace-id"]) == 32


async def stock_of(client: Client, sku: str) -> int:
    """What can be sold of a variant now."""
    data = await client.data("query($sku: String!) { variant(sku: $sku) { stock } }", sku=sku)
    return int(data["variant"]["stock"])


async def until_audited(client: Client, order_id: str, action: str) -> list[dict[str, str]]:
    """The order's trail, once it holds `action`."""
    async with asyncio.timeout(60):
        while True:
            seen = (await client.data(ORDER, id=order_id))["order"]
            trail = [edge["node"] for edge in seen["auditTrail"]["edges"]]
            if action in {entry["action"] for entry in trail}:
                return trail
            await asyncio.sleep(0.05)
