"""Shopify's own sample order arrives once; whatever is not Shopify's, or no order, leaves nothing behind."""

import asyncio
import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from shared_models.kernel.database import Database
from shared_models.kernel.money import Money
from shared_models.kernel.tenancy import Scope
from shared_models.orders import repository
from shared_models.orders.models import OrderSource
from tests.shared_models.orders.placing import count, events, offer, read
from tests.subgraphs.orders.conftest import SHOPIFY_SECRET

SAMPLE = (Path(__file__).parent / "data" / "shopify-orders-create.json").read_bytes()


def signed(body: bytes, secret: str = SHOPIFY_SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


async def send(app: Litestar, body: bytes, *, secret: str = SHOPIFY_SECRET, **headers: str) -> httpx.Response:
    """Posts a webhook, signed by `secret`; `headers` as keywords, with `_` for `-`."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {
        n.encode(): v.encode("latin-1") for n, v in ({"x-shopify-hmac-sha256": signed(body, secret)} | given).items()
    }
    transport = httpx.ASGITransport(app=cast("Any", app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://subgraph") as client:
        return await client.post("/webhooks/shopify", content=body, headers=sent)


def code_of(response: httpx.Response) -> str:
    (error,) = response.json()["errors"]
    return str(error["extensions"]["code"])


@pytest.fixture
def shop(shop_tenant: UUID) -> Scope:
    return Scope(shop_tenant)


async def test_the_sample_becomes_an_order_once(app: Litestar, database: Database, shop: Scope) -> None:
    first = await send(app, SAMPLE, x_shopify_topic="orders/create")
    second = await send(app, SAMPLE)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["duplicate"] is False
    assert second.json() == {"order": first.json()["order"], "duplicate": True}

    order_id = UUID(first.json()["order"])
    order = await read(database, shop, order_id)
    assert (order.source, order.external_id) == (OrderSource.SHOPIFY, "820982911946154508")
    assert (order.total, order.payment_method) == (Money(40300, "USD"), "external:shopify")
    assert order.attributes["financial_status"] == "voided"
    async with database.transaction(shop) as session:
        lines = (await repository.lines_of_orders(session, [order_id]))[order_id]
    assert [(line.sku, line.title, line.quantity, line.unit_price) for line in lines] == [
        ("IPOD2008PINK", "IPod Nano - 8GB", 1, 19900)
    ] * 2
    assert len(await events(database, shop, "orders.OrderPlaced")) == 1


async def test_sent_many_times_at_once_it_is_one_order(app: Litestar, database: Database, shop: Scope) -> None:
    answers = await asyncio.gather(*(send(app, SAMPLE) for _ in range(6)))
    assert sorted(answer.json()["duplicate"] for answer in answers) == [False] + [True] * 5
    assert await count(database, shop, "sales_order") == 1


async def test_lines_that_the_catalog_knows_are_stocked(app: Litestar, database: Database, shop: Scope) -> None:
    offers = await offer(database, shop, IPOD2008PINK=100)
    await send(app, SAMPLE)
    (event,) = await events(database, shop, "orders.OrderPlaced")
    assert {line["variant_id"] for line in cast("Any", event["lines"])} == {str(offers["IPOD2008PINK"].variant_id)}


async def test_a_forged_signature(app: Litestar, database: Database, shop: Scope) -> None:
    forged = await send(app, SAMPLE, secret="another")
    missing = await send(app, SAMPLE, x_shopify_hmac_sha256="")
    odd = await send(app, SAMPLE, x_shopify_hmac_sha256="\xff")
    assert [answer.status_code for answer in (forged, missing, odd)] == [401] * 3
    assert code_of(forged) == "WEBHOOK_SIGNATURE_INVALID"
    changed = await send(app, SAMPLE.replace(b"199.00", b"1.00"), x_shopify_hmac_sha256=signed(SAMPLE))
    assert changed.status_code == 401
    assert await count(database, shop, "sales_order") == 0


@pytest.mark.parametrize(
    "change",
    [
        {"line_items": []},
        {"line_items": [{"id": 1, "title": "A", "quantity": 0, "price": "1.00", "sku": "A"}]},
        {"line_items": [{"id": 1, "title": "A", "quantity": 1, "price": "-1.00", "sku": "A"}]},
        {"line_items": [{"id": 1, "title": "A\0", "quantity": 1, "price": "1.00", "sku": "A"}]},
        {"line_items": [{"id": 1, "title": "A", "quantity": 1000000, "price": "99999.00", "sku": "A"}]},
        {"line_items": [{"id": 1, "title": "A", "quantity": 1, "price": "1.005", "sku": "A"}]},
        {"currency": "pounds"},
        {"total_price": "1e9"},
        {"total_price": "999999999999"},
        {"created_at": "yesterday"},
        {"created_at": "2019-06-04T13:53:06"},
        {"id": "820982911946154508"},
    ],
)
async def test_what_is_no_order(app: Litestar, database: Database, shop: Scope, change: dict[str, Any]) -> None:
    answer = await send(app, json.dumps(json.loads(SAMPLE) | change).encode())
    assert (answer.status_code, code_of(answer)) == (422, "WEBHOOK_PAYLOAD_INVALID")
    assert [await count(database, shop, table) for table in ("sales_order", "order_line", "outbox")] == [0, 0, 0]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
async def test_what_is_no_json(app: Litestar, body: bytes) -> None:
    answer = await send(app, body)
    assert (answer.status_code, code_of(answer)) == (422, "WEBHOOK_PAYLOAD_INVALID")


async def test_other_topics_are_acknowledged(app: Litestar, database: Database, shop: Scope) -> None:
    answer = await send(app, SAMPLE, x_shopify_topic="orders/updated")
    assert (answer.status_code, answer.json()) == (200, {"ignored": "orders/updated"})
    assert await count(database, shop, "sales_order") == 0


async def test_a_body_that_is_too_long(app: Litestar) -> None:
    answer = await send(app, b" " * (1024 * 1024 + 1))
    assert (answer.status_code, code_of(answer)) == (413, "PAYLOAD_TOO_LARGE")


async def test_minor_units_follow_the_currency(app: Litestar, database: Database, shop: Scope) -> None:
    order = json.loads(SAMPLE) | {"currency": "JPY", "total_price": "403"}
    order["line_items"] = [{"id": 1, "title": "A", "quantity": 2, "price": "199", "sku": None, "variant_id": 7}]
    answer = await send(app, json.dumps(order).encode())
    placed = await read(database, shop, UUID(answer.json()["order"]))
    assert placed.total == Money(403, "JPY")
