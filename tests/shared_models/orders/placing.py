"""Offers and orders to test with."""

from uuid import UUID

from sqlalchemy import text

from shared_models.kernel.database import Database
from shared_models.kernel.ids import new_id
from shared_models.kernel.money import Money
from shared_models.kernel.tenancy import Scope
from shared_models.orders import repository, service
from shared_models.orders.basket import KnownOffer, fill
from shared_models.orders.models import Order


async def offer(database: Database, scope: Scope, **prices: int) -> dict[str, KnownOffer]:
    """One offer per keyword, at so many pence."""
    offers = {sku: KnownOffer(new_id(), new_id(), sku, f"The {sku}", Money(p, "GBP"), 1) for sku, p in prices.items()}
    async with database.transaction(scope) as session:
        await service.keep_offers(session, list(offers.values()))
    return offers


async def place(database: Database, scope: Scope, lines: list[tuple[str, int]], *, key: str | None = None) -> Order:
    """A web order."""
    basket = fill(key or str(new_id()), "pm_card_visa", lines)
    async with database.transaction(scope) as session:
        return await service.place_order(session, basket)


async def pay(database: Database, scope: Scope, order_id: UUID) -> None:
    """Takes an order from PLACED to PAID."""
    async with database.transaction(scope) as session:
        await service.mark_reserved(session, order_id)
    async with database.transaction(scope) as session:
        await service.mark_paid(session, order_id)


async def read(database: Database, scope: Scope, order_id: UUID) -> Order:
    """The order as it is."""
    async with database.transaction(scope) as session:
        return (await repository.orders_by_id(session, [order_id]))[order_id]


async def events(database: Database, scope: Scope, name: str = "%") -> list[dict[str, object]]:
    """The payloads of the tenant's events of a name, in order."""
    async with database.transaction(scope) as session:
        rows = await session.execute(
            text("SELECT payload FROM outbox WHERE name LIKE :name ORDER BY id"), {"name": name}
        )
        return [payload for (payload,) in rows]


async def count(database: Database, scope: Scope, table: str) -> int:
    """How many rows of a table the tenant has."""
    async with database.transaction(scope) as session:
        return int((await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())
