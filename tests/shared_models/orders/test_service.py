"""Orders are placed once, moved by the table, and tell each move once."""

import asyncio
from uuid import UUID

import msgspec
import pytest

from shared_models.kernel.database import Database
from shared_models.kernel.errors import UserError
from shared_models.kernel.ids import new_id
from shared_models.kernel.money import Money
from shared_models.kernel.tenancy import Scope
from shared_models.orders import repository, service
from shared_models.orders.state import IllegalTransition, OrderStatus
from tests.shared_models.orders.placing import count, events, offer, pay, place, read


async def test_an_order_is_written_with_its_event(database: Database, scope: Scope) -> None:
    offers = await offer(database, scope, A=250, B=100)
    order = await place(database, scope, [("A", 2), ("B", 1)])
    assert (order.status, order.total, order.number[:2]) == (OrderStatus.PLACED, Money(600, "GBP"), "T-")
    (event,) = await events(database, scope, "orders.OrderPlaced")
    assert event["lines"] == [
        {"sku": "A", "quantity": 2, "variant_id": str(offers["A"].variant_id)},
        {"sku": "B", "quantity": 1, "variant_id": str(offers["B"].variant_id)},
    ]
    assert (event["order_id"], event["source"]) == (str(order.id), "web")


async def test_the_same_key_is_the_same_order_also_at_once(database: Database, scope: Scope) -> None:
    await offer(database, scope, A=250)
    placed = await asyncio.gather(*(place(database, scope, [("A", 2)], key="k1") for _ in range(8)))
    assert len({order.id for order in placed}) == 1
    assert await count(database, scope, "sales_order") == 1
    assert await count(database, scope, "order_line") == 1
    assert len(await events(database, scope)) == 1


async def test_a_key_belongs_to_its_tenant(database: Database, scope: Scope) -> None:
    other = Scope(new_id())
    for owner in (scope, other):
        await offer(database, owner, A=250)
    first = await place(database, scope, [("A", 2)], key="k1")
    second = await place(database, other, [("A", 2)], key="k1")
    assert first.id != second.id


async def test_a_key_used_for_something_else_is_refused(database: Database, scope: Scope) -> None:
    await offer(database, scope, A=250)
    await place(database, scope, [("A", 2)], key="k1")
    for lines in ([("A", 3)], [("UNKNOWN", 1)]):
        with pytest.raises(UserError) as caught:
            await place(database, scope, lines, key="k1")
        assert caught.value.code == "IDEMPOTENCY_KEY_REUSED"
    assert await count(database, scope, "sales_order") == 1


async def test_a_repetition_gets_its_order_though_the_offer_is_gone(database: Database, scope: Scope) -> None:
    offers = await offer(database, scope, A=250)
    first = await place(database, scope, [("A", 2)], key="k1")
    gone = msgspec.structs.replace(offers["A"], price=Money(0, "GBP"), version=2)
    async with database.transaction(scope) as session:
        await service.keep_offers(session, [gone])
    assert (await place(database, scope, [("A", 2)], key="k1")).id == first.id


async def test_nothing_is_written_for_a_bad_request(database: Database, scope: Scope) -> None:
    await offer(database, scope, A=250)
    with pytest.raises(UserError):
        await place(database, scope, [("A", 2), ("UNKNOWN", 1)])
    assert [await count(database, scope, table) for table in ("sales_order", "order_line", "outbox")] == [0, 0, 0]


async def test_another_tenants_offers_are_unknown(database: Database, scope: Scope) -> None:
    await offer(database, Scope(new_id()), A=250)
    with pytest.raises(UserError) as caught:
        await place(database, scope, [("A", 1)])
    assert caught.value.code == "UNKNOWN_SKU"


async def test_old_news_of_an_offer_change_nothing(database: Database, scope: Scope) -> None:
    offers = await offer(database, scope, A=250)
    newer = msgspec.structs.replace(offers["A"], price=Money(300, "GBP"), version=3)
    older = msgspec.structs.replace(offers["A"], price=Money(275, "GBP"), version=2)
    for heard in (newer, older):
        async with database.transaction(scope) as session:
            await service.keep_offers(session, [heard])
    assert (await place(database, scope, [("A", 1)])).total == Money(300, "GBP")


async def test_each_move_is_told_once_however_often_it_is_asked_for(database: Database, scope: Scope) -> None:
    await offer(database, scope, A=250)
    order = await place(database, scope, [("A", 2)])
    for _ in range(2):
        await pay(database, scope, order.id)
    assert (await read(database, scope, order.id)).status == OrderStatus.PAID
    assert len(await events(database, scope, "orders.OrderReserved")) == 1
    assert len(await events(database, scope, "orders.OrderPaid")) == 1


async def test_news_that_come_too_late_change_nothing(database: Database, scope: Scope) -> None:
    await offer(database, scope, A=250)
    order = await place(database, scope, [("A", 2)])
    await pay(database, scope, order.id)
    async with database.transaction(scope) as session:
        await service.reject(session, order.id, "late")
        await service.fail_payment(session, order.id, "late")
    found = await read(database, scope, order.id)
    assert (found.status, found.failure_reason) == (OrderStatus.PAID, None)


async def test_a_paid_order_is_cancelled_once(database: Database, scope: Scope) -> None:
    await offer(database, scope, A=250)
    order = await place(database, scope, [("A", 2)])
    await pay(database, scope, order.id)
    for _ in range(2):
        async with database.transaction(scope) as session:
            assert (await service.cancel(session, order.id)).status == OrderStatus.CANCELLED
    (event,) = await events(database, scope, "orders.OrderCancelled")
    assert event["total"] == {"amount": 500, "currency": "GBP"}
    with pytest.raises(IllegalTransition):
        async with database.transaction(scope) as session:
            await service.fulfil(session, order.id)


async def test_of_two_people_one_cancels_and_one_is_told(database: Database, scope: Scope) -> None:
    await offer(database, scope, A=250)
    order = await place(database, scope, [("A", 2)])
    await pay(database, scope, order.id)

    async def attempt(act: str, order_id: UUID) -> bool:
        try:
            async with database.transaction(scope) as session:
                await (service.cancel if act == "cancel" else service.fulfil)(session, order_id)
        except IllegalTransition:
            return False
        return True

    outcomes = await asyncio.gather(attempt("cancel", order.id), attempt("fulfil", order.id))
    assert sorted(outcomes) == [False, True]


async def test_units_sold_are_those_of_paid_orders(database: Database, scope: Scope) -> None:
    offers = await offer(database, scope, A=250)
    paid = await place(database, scope, [("A", 2)])
    await place(database, scope, [("A", 5)])
    await pay(database, scope, paid.id)
    variant = offers["A"].variant_id
    async with database.transaction(scope) as session:
        assert await repository.units_sold(session, [variant, new_id()]) == {variant: 2}
