"""An order's behaviour: how it is placed, and how it moves when others tell what they did.

Events of one order may come twice, late, or not in their order: a move that is not allowed from where the order
stands is not made, and tells nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.database import scope_of
from shared_models.kernel.errors import UserError
from shared_models.kernel.mesh import emit
from shared_models.kernel.money import Money
from shared_models.orders import repository
from shared_models.orders.basket import Basket, KnownOffer, Placement
from shared_models.orders.events import (
    OrderCancelled,
    OrderedLine,
    OrderFulfilled,
    OrderPaid,
    OrderPaymentFailed,
    OrderPlaced,
    OrderRejected,
    OrderReserved,
)
from shared_models.orders.models import Order, OrderLine, OrderSource
from shared_models.orders.state import IllegalTransition, OrderStatus


class Placed(msgspec.Struct, frozen=True):
    """The outcome of placing: the order, and whether it was there before."""

    order: Order
    duplicate: bool


async def place_order(session: AsyncSession, basket: Basket) -> Order:
    """Places a web order at today's offers; under a key that was used for the same before, returns that order.

    Raises `UserError` IDEMPOTENCY_KEY_REUSED, and what `Basket.price` raises.
    """
    offers = await repository.offers_by_sku(session, list(basket.lines))
    try:
        lines, total = basket.price(offers)
    except UserError:
        # What could be ordered then may not be on offer now: a repetition still gets its order.
        known = await repository.order_by_idempotency_key(session, basket.idempotency_key)
        if known is None:
            raise
        return _same_request(known, basket)
    placement = Placement(
        lines=lines,
        total=total,
        payment_method=basket.payment_method,
        source=OrderSource.WEB,
        idempotency_key=basket.idempotency_key,
        request_digest=basket.digest(),
        placed_by=scope_of(session).actor_id,
    )
    order = await _write(session, placement)
    if order is None:
        known = await repository.order_by_idempotency_key(session, basket.idempotency_key)
        if known is None:
            raise LookupError("an order was in the way of another, and is gone")
        return _same_request(known, basket)
    return order


async def place_external(session: AsyncSession, placement: Placement) -> Placed:
    """Places an order that has an id where it comes from, once."""
    order = await _write(session, placement)
    if order is not None:
        return Placed(order, duplicate=False)
    known = await repository.order_by_external_id(session, placement.source, placement.external_id or "")
    if known is None:
        raise LookupError("an order was in the way of another, and is gone")
    return Placed(known, duplicate=True)


async def place_from_shop(session: AsyncSession, placement: Placement) -> Placed:
    """Places a shop's order, once; its lines are stocked where the catalog knows their SKU."""
    offers = await repository.offers_by_sku(session, sorted({line.sku for line in placement.lines}))
    lines = [
        msgspec.structs.replace(line, variant_id=offers[line.sku].variant_id if line.sku in offers else None)
        for line in placement.lines
    ]
    return await place_external(session, msgspec.structs.replace(placement, lines=lines))


async def _write(session: AsyncSession, placement: Placement) -> Order | None:
    order = await repository.insert_order(session, placement)
    if order is not None:
        lines = [OrderedLine(line.sku, line.quantity, line.variant_id) for line in placement.lines]
        await emit(session, OrderPlaced(order.id, order.number, lines, order.total, order.source))
    return order


def _same_request(known: Order, basket: Basket) -> Order:
    if known.request_digest != basket.digest():
        raise UserError(
            "IDEMPOTENCY_KEY_REUSED",
            f"Order {known.number} was placed under this key, with another content.",
            ["idempotencyKey"],
            order_id=known.id,
        )
    return known


async def keep_offers(session: AsyncSession, offers: Sequence[KnownOffer]) -> None:
    """Remembers what the catalog offers; older news than what is known change nothing."""
    await repository.keep_offers(session, offers)


async def mark_reserved(session: AsyncSession, order_id: UUID) -> None:
    """Its stock is held: it may be charged."""
    moved = await repository.move(session, order_id, OrderStatus.RESERVED)
    if moved:
        await emit(session, OrderReserved(order_id, moved.number, moved.total, moved.payment_method))


async def reject(session: AsyncSession, order_id: UUID, reason: str) -> None:
    """There is not enough stock for it."""
    if await repository.move(session, order_id, OrderStatus.REJECTED, reason):
        await emit(session, OrderRejected(order_id, reason))


async def mark_paid(session: AsyncSession, order_id: UUID) -> None:
    """Its money is there."""
    moved = await repository.move(session, order_id, OrderStatus.PAID)
    if moved:
        await emit(session, OrderPaid(order_id, moved.total))


async def fail_payment(session: AsyncSession, order_id: UUID, reason: str) -> None:
    """Its money will not come, and its stock is on offer again."""
    if await repository.move(session, order_id, OrderStatus.PAYMENT_FAILED, reason):
        await emit(session, OrderPaymentFailed(order_id, reason))


async def fulfil(session: AsyncSession, order_id: UUID) -> Order:
    """It has left the house; done already is done. Raises `IllegalTransition`, `UserError` NOT_FOUND."""
    if await repository.move(session, order_id, OrderStatus.FULFILLED):
        await emit(session, OrderFulfilled(order_id))
    return await _now_at(session, order_id, OrderStatus.FULFILLED)


async def cancel(session: AsyncSession, order_id: UUID) -> Order:
    """Calls a paid order off; what was not returned yet is refunded and put back into stock.

    Done already is done. Raises `IllegalTransition`, `UserError` NOT_FOUND or NOTHING_TO_CANCEL.
    """
    moved = await repository.move(session, order_id, OrderStatus.CANCELLED)
    if moved:
        lines = (await repository.lines_of_orders(session, [order_id]))[order_id]
        kept = [_kept(line) for line in lines if line.quantity > line.returned]
        if not kept:
            raise UserError("NOTHING_TO_CANCEL", "Everything in this order has been returned already.", ["id"])
        rest = moved.total.amount - await repository.returned_amount(session, order_id)
        await emit(session, OrderCancelled(order_id, kept, Money(rest, moved.total.currency)))
    return await _now_at(session, order_id, OrderStatus.CANCELLED)


def _kept(line: OrderLine) -> OrderedLine:
    return OrderedLine(line.sku, line.quantity - line.returned, line.variant_id)


async def _now_at(session: AsyncSession, order_id: UUID, target: OrderStatus) -> Order:
    """The order, which was to become `target`."""
    order = (await repository.orders_by_id(session, [order_id])).get(order_id)
    if order is None:
        raise UserError("NOT_FOUND", "There is no such order.", ["id"], order_id=order_id)
    if order.status != target:
        raise IllegalTransition(order_id, order.status, target)
    return order
