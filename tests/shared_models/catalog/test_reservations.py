"""Stock is held whole or not at all, never twice, and whatever comes back can be sold again."""

import asyncio
import random
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from shared_models.catalog import repository, reservations, service
from shared_models.catalog.models import Reservation, ReservationState, Variant
from shared_models.catalog.reservations import Wanted
from shared_models.catalog.service import NewVariant
from shared_models.kernel.database import Database
from shared_models.kernel.ids import new_id
from shared_models.kernel.money import Money
from shared_models.kernel.tenancy import Scope


async def create_variants(database: Database, scope: Scope, **stock: int) -> dict[str, UUID]:
    """One variant per keyword, named by it, with so much stock."""
    new = [NewVariant(sku, sku, Money(250, "GBP"), units) for sku, units in stock.items()]
    async with database.transaction(scope) as session:
        product = await service.create_product(session, "A product", "", new)
        found = await repository.variants_of_products(session, [product.id])
    return {variant.sku: variant.id for variant in found[product.id]}


async def stock_of(database: Database, scope: Scope, variant_id: UUID) -> int:
    async with database.transaction(scope) as session:
        return (await session.scalars(select(Variant.stock).where(Variant.id == variant_id))).one()


async def states_of(database: Database, scope: Scope, order_id: UUID) -> set[ReservationState]:
    async with database.transaction(scope) as session:
        return set(await session.scalars(select(Reservation.state).where(Reservation.order_id == order_id)))


async def events_of(database: Database, scope: Scope, order_id: UUID) -> list[str]:
    async with database.transaction(scope) as session:
        rows = await session.execute(
            text("SELECT name FROM outbox WHERE payload ->> 'order_id' = :id ORDER BY id"), {"id": str(order_id)}
        )
        return [name for (name,) in rows]


def lines(*wanted: tuple[UUID | None, int]) -> Wanted:
    return Wanted([(variant_id, "sku", quantity) for variant_id, quantity in wanted])


async def reserve(database: Database, scope: Scope, order_id: UUID, wanted: Wanted) -> None:
    async with database.transaction(scope) as session:
        await reservations.reserve(session, order_id, wanted)


async def test_all_lines_are_held(database: Database, scope: Scope) -> None:
    variants = await create_variants(database, scope, A=5, B=5)
    order = new_id()
    await reserve(database, scope, order, lines((variants["A"], 2), (variants["B"], 5), (variants["A"], 1)))
    assert await stock_of(database, scope, variants["A"]) == 2
    assert await stock_of(database, scope, variants["B"]) == 0
    assert await states_of(database, scope, order) == {ReservationState.HELD}
    assert await events_of(database, scope, order) == ["catalog.StockReserved"]


async def test_one_line_too_many_holds_nothing(database: Database, scope: Scope) -> None:
    variants = await create_variants(database, scope, A=5, B=5)
    order = new_id()
    await reserve(database, scope, order, lines((variants["A"], 2), (variants["B"], 6)))
    assert await stock_of(database, scope, variants["A"]) == 5
    assert await states_of(database, scope, order) == set()
    assert await events_of(database, scope, order) == ["catalog.StockRejected"]


async def test_a_variant_of_another_tenant_is_unknown(database: Database, scope: Scope) -> None:
    theirs = await create_variants(database, Scope(new_id()), A=5)
    order = new_id()
    await reserve(database, scope, order, lines((theirs["A"], 1)))
    assert await events_of(database, scope, order) == ["catalog.StockRejected"]


async def test_lines_of_no_variant_are_not_stocked(database: Database, scope: Scope) -> None:
    order = new_id()
    await reserve(database, scope, order, lines((None, 3)))
    assert await events_of(database, scope, order) == ["catalog.StockReserved"]


async def test_a_second_delivery_holds_nothing_more(database: Database, scope: Scope) -> None:
    variants = await create_variants(database, scope, A=5)
    order = new_id()
    for _ in range(2):
        await reserve(database, scope, order, lines((variants["A"], 2)))
    assert await stock_of(database, scope, variants["A"]) == 3
    assert await events_of(database, scope, order) == ["catalog.StockReserved"]


async def test_concurrent_orders_sell_exactly_what_there_is(database: Database, scope: Scope) -> None:
    variants = await create_variants(database, scope, A=20, B=30, C=40)
    shuffle = random.Random(7)
    orders = [new_id() for _ in range(30)]

    async def order(order_id: UUID) -> None:
        wanted = [(variant_id, 1) for variant_id in variants.values()]
        shuffle.shuffle(wanted)
        await reserve(database, scope, order_id, lines(*wanted))

    await asyncio.gather(*(order(order_id) for order_id in orders))
    outcomes = [await events_of(database, scope, order_id) for order_id in orders]
    assert outcomes.count(["catalog.StockReserved"]) == 20
    assert outcomes.count(["catalog.StockRejected"]) == 10
    assert [await stock_of(database, scope, id) for id in variants.values()] == [0, 10, 20]


async def test_a_failed_payment_releases(database: Database, scope: Scope) -> None:
    variants = await create_variants(database, scope, A=5)
    order = new_id()
    await reserve(database, scope, order, lines((variants["A"], 2)))
    for _ in range(2):
        async with database.transaction(scope) as session:
            await reservations.release(session, order, "card_declined")
    assert await stock_of(database, scope, variants["A"]) == 5
    assert await states_of(database, scope, order) == {ReservationState.RELEASED}


async def test_a_sold_reservation_is_not_released(database: Database, scope: Scope) -> None:
    variants = await create_variants(database, scope, A=5)
    order = new_id()
    await reserve(database, scope, order, lines((variants["A"], 2)))
    async with database.transaction(scope) as session:
        await reservations.commit(session, order)
    async with database.transaction(scope) as session:
        await reservations.release(session, order, "late")
    assert await stock_of(database, scope, variants["A"]) == 3
    assert await states_of(database, scope, order) == {ReservationState.COMMITTED}


async def test_returns_add_up_to_what_was_taken(database: Database, scope: Scope) -> None:
    variants = await create_variants(database, scope, A=5)
    order = new_id()
    await reserve(database, scope, order, lines((variants["A"], 4)))
    async with database.transaction(scope) as session:
        await reservations.take_back(session, order, lines((variants["A"], 1)))
    assert await stock_of(database, scope, variants["A"]) == 2
    for _ in range(2):
        async with database.transaction(scope) as session:
            await reservations.take_back_all(session, order)
    assert await stock_of(database, scope, variants["A"]) == 5
    async with database.transaction(scope) as session:
        await reservations.take_back(session, order, lines((variants["A"], 4)))
        await reservations.commit(session, order)
    assert await stock_of(database, scope, variants["A"]) == 5
    assert await states_of(database, scope, order) == {ReservationState.RETURNED}


async def test_the_database_itself_refuses_negative_stock(database: Database, scope: Scope) -> None:
    variants = await create_variants(database, scope, A=1)
    with pytest.raises(IntegrityError):
        async with database.transaction(scope) as session:
            await session.execute(text("UPDATE variant SET stock = -1 WHERE id = :id"), {"id": variants["A"]})
