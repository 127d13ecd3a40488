"""Catalog's part in an order's life: hold its stock, sell it, put it back."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.billing.events import PaymentCaptured, PaymentFailed
from shared_models.catalog import reservations
from shared_models.catalog.reservations import Wanted
from shared_models.orders.events import OrderCancelled, OrderedLine, OrderPlaced, ReturnAccepted
from workers.mesh.actors import ActorSet, Delivery

actors = ActorSet("catalog")


@actors.on(OrderPlaced)
async def reserve_stock(session: AsyncSession, delivery: Delivery[OrderPlaced]) -> None:
    """Holds the stock of all lines or none."""
    await reservations.reserve(session, delivery.payload.order_id, _wanted(delivery.payload.lines))


@actors.on(PaymentCaptured, together=20)
async def commit_reservation(session: AsyncSession, delivery: Delivery[PaymentCaptured]) -> None:
    """What was held is sold."""
    await reservations.commit(session, delivery.payload.order_id)


@actors.on(PaymentFailed)
async def release_stock(session: AsyncSession, delivery: Delivery[PaymentFailed]) -> None:
    """What was held is on offer again."""
    await reservations.release(session, delivery.payload.order_id, delivery.payload.reason)


@actors.on(OrderCancelled)
async def restock_cancelled(session: AsyncSession, delivery: Delivery[OrderCancelled]) -> None:
    """What the order had bought is on offer again."""
    await reservations.take_back_all(session, delivery.payload.order_id)


@actors.on(ReturnAccepted)
async def restock_returned(session: AsyncSession, delivery: Delivery[ReturnAccepted]) -> None:
    """What came back is on offer again."""
    await reservations.take_back(session, delivery.payload.order_id, _wanted(delivery.payload.lines))


def _wanted(lines: list[OrderedLine]) -> Wanted:
    return Wanted([(line.variant_id, line.sku, line.quantity) for line in lines])
