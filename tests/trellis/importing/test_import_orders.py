"""Invoices become orders, cancellations become refunds and credits, once, however often a file is imported."""

import asyncio
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, cast

from sqlalchemy import text

from shared_models.catalog import repository as goods
from shared_models.kernel.database import Database
from shared_models.kernel.tenancy import Scope
from shared_models.orders.importing import service
from shared_models.orders.importing.progress import ImportProgress, progress
from shared_models.orders.importing.reading import read_invoices
from shared_models.orders.models import OrderSource
from shared_models.orders.repository import order_by_external_id
from shared_models.orders.service import cancel
from shared_models.orders.state import OrderStatus
from tests.shared_models.orders.placing import events
from tests.trellis.importing.saga import Saga
from trellis.importing.orders import import_orders
from trellis.importing.products import import_products, until_offered
from trellis.importing.summary import Summary
from trellis.seed.catalog import seed_catalog

RETAIL = files("trellis.seed") / "data" / "online-retail.csv"

_FACTS = {
    "orders": "SELECT count(*), sum(total_amount) FROM sales_order",
    "lines": "SELECT count(*), sum(quantity), sum(returned) FROM order_line",
    "returns": "SELECT count(*), sum(amount), count(*) FILTER (WHERE state = 'SETTLED') FROM order_return",
    "too many": "SELECT count(*) FROM order_line WHERE returned > quantity",
}


async def facts(orders: Database, scope: Scope) -> dict[str, tuple[int, ...]]:
    async with orders.transaction(scope) as session:
        return {name: tuple((await session.execute(text(sql))).one()) for name, sql in _FACTS.items()}


async def run_import(
    orders: Database,
    scope: Scope,
    saga: Saga,
    path: Path,
    on_progress: Callable[[ImportProgress], None] = lambda _: None,
) -> Summary:
    """Imports the file while everything happens that it causes."""
    waiting = asyncio.create_task(import_orders(orders, scope, path, on_progress))
    while not waiting.done():
        await saga.run()
        await asyncio.sleep(0.02)
    return await waiting


async def test_the_real_file(orders: Database, catalog: Database, scope: Scope, saga: Saga) -> None:
    await seed_catalog(catalog, scope)
    await saga.run()
    with as_file(RETAIL) as path:
        summary = await run_import(orders, scope, saga, path)
        at = summary.progress
        assert at.finished
        assert summary.succeeded
        assert (at.invoices, at.sales, at.cancellations, at.empty) == (300, 271, 29, 14)
        assert at.orders.keys() == {OrderStatus.PAID}
        assert at.orders[OrderStatus.PAID].count == 271 - 13
        assert [r.line for r in summary.rejections][:3] == [47, 143, 388]
        assert len(summary.rejections) == 22
        before = await facts(orders, scope)
        assert before["too many"] == (0,)
        assert before["returns"][0] == before["returns"][2] == at.refunds.count + at.credits.count
        assert at.refunds.count
        assert at.credits.count

        again = await run_import(orders, scope, saga, path)
    assert not again.is_new
    assert again.progress == at
    assert await facts(orders, scope) == before
    await _stock_adds_up(orders, catalog, scope)


async def _stock_adds_up(orders: Database, catalog: Database, scope: Scope) -> None:
    """What is in stock is what was there, less what was sold and kept."""
    async with orders.transaction(scope) as session:
        kept = text("SELECT sum(quantity - returned) FROM order_line")
        sold = (await session.execute(kept)).scalar_one()
    async with catalog.transaction(scope) as session:
        stock = (await session.execute(text("SELECT sum(stock) FROM variant"))).scalar_one()
        listed = await goods.count_products(session, None)
    assert stock == listed * 10_000 - sold


async def test_it_tells_of_progress_and_prints_a_summary(
    orders: Database, catalog: Database, scope: Scope, saga: Saga, write: Callable[..., Path]
) -> None:
    path = write(
        "536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom",
        "536366,POST,POSTAGE,1,2010-12-01 08:26:00,18.0,17850.0,United Kingdom",
    )
    await import_products(catalog, scope, path)
    await saga.run()
    seen: list[ImportProgress] = []
    summary = await run_import(orders, scope, saga, path, seen.append)
    assert seen[-1] == summary.progress
    assert str(summary).splitlines() == [
        "invoices.csv: imported",
        "  invoices                   2   2 sales, 0 cancellations",
        "  orders paid                1   20.34 GBP",
        "  refunds                    0   0.00 GBP",
        "  credits                    0   0.00 GBP",
        "  nothing to keep            1   invoices of which no line could be kept",
        "  lines not kept             1   1 NOT_A_PRODUCT",
        "      line  code              reason",
        "         3  NOT_A_PRODUCT     POST (POSTAGE) is no product",
    ]


async def test_detached_it_only_begins(orders: Database, scope: Scope, write: Callable[..., Path]) -> None:
    path = write("536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom")
    summary = await import_orders(orders, scope, path, lambda _: None, detach=True)
    assert not summary.progress.finished
    assert str(summary).startswith("invoices.csv: being imported")


async def test_returns_go_to_the_customers_sales_and_the_rest_is_credited(
    orders: Database, catalog: Database, scope: Scope, saga: Saga, write: Callable[..., Path]
) -> None:
    path = write(
        "536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom",
        "536366,71053,LANTERN,2,2010-12-01 09:26:00,3.39,17850.0,United Kingdom",
        "536367,71053,LANTERN,9,2010-12-01 09:26:00,3.39,12583.0,France",
        "C536400,71053,LANTERN,-9,2010-12-02 09:26:00,3.39,17850.0,United Kingdom",
        "C536401,71053,LANTERN,-1,2010-12-02 09:30:00,3.39,,United Kingdom",
    )
    await import_products(catalog, scope, path)
    await saga.run()
    at = (await run_import(orders, scope, saga, path)).progress
    assert at.finished
    assert (at.refunds.count, at.refunds.pence) == (2, 8 * 339)
    assert (at.credits.count, at.credits.pence) == (2, 2 * 339)
    await _stock_adds_up(orders, catalog, scope)


async def test_a_refund_that_fails_ends_the_import_and_is_told(
    orders: Database, catalog: Database, scope: Scope, saga: Saga, write: Callable[..., Path]
) -> None:
    path = write(
        "536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom",
        "C536400,71053,LANTERN,-2,2010-12-02 09:26:00,3.39,17850.0,United Kingdom",
    )
    await import_products(catalog, scope, path)
    await saga.run()
    saga.refuse_refunds()
    summary = await run_import(orders, scope, saga, path)
    assert summary.progress.finished
    assert summary.progress.failed == [("C536400", "REFUND_FAILED")]
    assert not summary.succeeded


async def test_a_file_that_overlaps_adds_only_what_is_new(
    orders: Database, catalog: Database, scope: Scope, saga: Saga, write: Callable[..., Path]
) -> None:
    sale = "536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom"
    back = "C536400,71053,LANTERN,-2,2010-12-02 09:26:00,3.39,17850.0,United Kingdom"
    new = "536366,71053,LANTERN,1,2010-12-01 09:26:00,3.39,17850.0,United Kingdom"
    first, second = write(sale, back, name="first.csv"), write(sale, new, back, name="second.csv")
    await import_products(catalog, scope, first)
    await saga.run()
    await run_import(orders, scope, saga, first)
    at = (await run_import(orders, scope, saga, second)).progress
    assert at.finished
    found = await facts(orders, scope)
    assert found["orders"] == (2, 7 * 339)
    assert found["lines"] == (2, 7, 2)
    assert found["returns"] == (1, 2 * 339, 1)


async def test_unknown_goods_are_reported_and_tried_again_once_they_are_listed(
    orders: Database, catalog: Database, scope: Scope, saga: Saga, write: Callable[..., Path]
) -> None:
    path = write(
        "536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom",
        "C536400,71053,LANTERN,-1,2010-12-02 09:26:00,3.39,17850.0,United Kingdom",
    )
    summary = await run_import(orders, scope, saga, path)
    assert [(r.line, r.code) for r in summary.rejections] == [(2, "UNKNOWN_SKU"), (3, "UNKNOWN_SKU")]
    assert (await facts(orders, scope))["orders"][0] == 0

    assert await import_products(catalog, scope, path) == 1
    assert await import_products(catalog, scope, path) == 0
    await saga.run()
    summary = await run_import(orders, scope, saga, path)
    assert summary.rejections == []
    assert summary.progress.refunds.pence == 339


async def test_a_cancelled_order_gives_back_what_was_not_returned_before(
    orders: Database, catalog: Database, scope: Scope, saga: Saga, write: Callable[..., Path]
) -> None:
    path = write(
        "536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom",
        "536365,22423,CAKESTAND,1,2010-12-01 08:26:00,12.75,17850.0,United Kingdom",
        "C536400,71053,LANTERN,-6,2010-12-02 09:26:00,3.00,17850.0,United Kingdom",
    )
    await import_products(catalog, scope, path)
    await saga.run()
    await run_import(orders, scope, saga, path)
    async with orders.transaction(scope) as session:
        order = await order_by_external_id(session, OrderSource.IMPORT, "536365")
        assert order
        await cancel(session, order.id)
    (event,) = await events(orders, scope, "orders.OrderCancelled")
    assert [(line["sku"], line["quantity"]) for line in cast("Any", event["lines"])] == [("22423", 1)]
    assert event["total"] == {"amount": 6 * 339 + 1275 - 6 * 300, "currency": "GBP"}
    await saga.run()
    async with catalog.transaction(scope) as session:
        assert set(await session.scalars(text("SELECT stock FROM variant"))) == {10_000}


async def test_an_import_that_was_stopped_half_way_goes_on(
    orders: Database, catalog: Database, scope: Scope, saga: Saga, write: Callable[..., Path]
) -> None:
    path = write(
        *(f"53636{n},71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom" for n in range(4)),
        "C536400,71053,LANTERN,-1,2010-12-02 09:26:00,3.39,17850.0,United Kingdom",
    )
    await import_products(catalog, scope, path)
    await saga.run()
    file = read_invoices(path)
    async with orders.transaction(scope) as session:
        import_id, _ = await service.begin(session, file, path.name)
    async with orders.transaction(scope) as session:
        await service.add_invoices(session, import_id, file.invoices[:2])
    await saga.run()
    async with orders.transaction(scope) as session:
        half_way = await progress(session, import_id)
    assert half_way
    assert (half_way.done, half_way.finished) == (2, False)

    summary = await run_import(orders, scope, saga, path)
    assert summary.progress.orders[OrderStatus.PAID].count == 4
    assert summary.progress.refunds.count == 1


async def test_imported_products_can_be_ordered_at_once(
    orders: Database, catalog: Database, scope: Scope, saga: Saga, write: Callable[..., Path]
) -> None:
    path = write("536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom")
    await import_products(catalog, scope, path)
    waiting = asyncio.create_task(until_offered(orders, scope, path))
    await saga.run()
    await waiting
    assert (await run_import(orders, scope, saga, path)).rejections == []
