"""The SQL of orders. Row-level security confines every statement to the tenant of the session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, Uuid, any_, func, insert, literal, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import CollectionAggregate

from shared_models.kernel.database import scope_of
from shared_models.kernel.ids import new_id
from shared_models.kernel.money import Money
from shared_models.orders.basket import KnownOffer, Placement
from shared_models.orders.models import OfferReplica, Order, OrderLine, OrderReturn, OrderSource
from shared_models.orders.state import SOLD, OrderStatus, sources

_offers = OfferReplica.__table__


def _any_of(values: Sequence[UUID]) -> CollectionAggregate[Any]:
    """`= ANY(array)`: one statement text, hence one prepared statement, for any number of values."""
    return any_(literal(list(values), ARRAY(Uuid)))


async def offers_by_sku(session: AsyncSession, skus: Sequence[str]) -> dict[str, KnownOffer]:
    """The offers known of `skus`."""
    offer = _offers.c
    rows = await session.execute(
        select(
            offer.variant_id,
            offer.product_id,
            offer.sku,
            offer.title,
            offer.price_amount,
            offer.price_currency,
            offer.version,
        ).where(offer.sku == any_(literal(list(skus), ARRAY(offer.sku.type))))
    )
    return {
        sku: KnownOffer(variant_id, product_id, sku, title, Money(amount, currency), version)
        for variant_id, product_id, sku, title, amount, currency, version in rows
    }


async def keep_offers(session: AsyncSession, offers: Sequence[KnownOffer]) -> None:
    """Writes what is newer than what is known, in the order of ids so that no two writers wait in a circle."""
    if not offers:
        return
    tenant_id = scope_of(session).tenant_id
    statement = upsert(OfferReplica).values(
        [
            {
                "variant_id": offer.variant_id,
                "tenant_id": tenant_id,
                "product_id": offer.product_id,
                "sku": offer.sku,
                "title": offer.title,
                "price_amount": offer.price.amount,
                "price_currency": offer.price.currency,
                "version": offer.version,
            }
            for offer in sorted(offers, key=lambda offer: offer.variant_id)
        ]
    )
    heard = statement.excluded
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[OfferReplica.variant_id],
            set_={
                "title": heard.title,
                "price_amount": heard.price_amount,
                "price_currency": heard.price_currency,
                "version": heard.version,
            },
            where=OfferReplica.version < heard.version,
        )
    )


async def insert_order(session: AsyncSession, placement: Placement) -> Order | None:
    """Writes an order with its lines; None when its idempotency key or its external id is taken.

    A placement that is being written at the same moment under the same key is waited for.
    """
    tenant_id = scope_of(session).tenant_id
    values: dict[str, Any] = {
        "id": new_id(),
        "tenant_id": tenant_id,
        "source": placement.source,
        "external_id": placement.external_id,
        "idempotency_key": placement.idempotency_key,
        "request_digest": placement.request_digest,
        "payment_method": placement.payment_method,
        "total_amount": placement.total.amount,
        "currency": placement.total.currency,
        "customer": placement.customer,
        "placed_by": placement.placed_by,
        "attributes": placement.attributes,
    }
    if placement.placed_at is not None:
        values["placed_at"] = placement.placed_at
    statement = upsert(Order).values(values).on_conflict_do_nothing().returning(Order)
    order: Order | None = await session.scalar(statement)
    if order is None:
        return None
    await session.execute(
        insert(OrderLine),
        [
            {
                "order_id": order.id,
                "position": position,
                "tenant_id": tenant_id,
                "variant_id": line.variant_id,
                "sku": line.sku,
                "title": line.title,
                "quantity": line.quantity,
                "unit_price": line.unit_price,
            }
            for position, line in enumerate(placement.lines)
        ],
    )
    return order


async def order_by_idempotency_key(session: AsyncSession, key: str) -> Order | None:
    """The order that was placed under a key."""
    return await session.scalar(select(Order).where(Order.idempotency_key == key))


async def order_by_external_id(session: AsyncSession, source: OrderSource, external_id: str) -> Order | None:
    """The order that has this id where it comes from."""
    return await session.scalar(select(Order).where(Order.source == source, Order.external_id == external_id))


async def orders_by_id(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Order]:
    """The orders that exist among `ids`."""
    rows = await session.scalars(select(Order).where(Order.id == _any_of(ids)))
    return {row.id: row for row in rows}


async def lines_of_orders(session: AsyncSession, order_ids: Sequence[UUID]) -> dict[UUID, list[OrderLine]]:
    """The lines of each order, in their order."""
    rows = await session.scalars(
        select(OrderLine)
        .where(OrderLine.order_id == _any_of(order_ids))
        .order_by(OrderLine.order_id, OrderLine.position)
    )
    found: dict[UUID, list[OrderLine]] = {order_id: [] for order_id in order_ids}
    for row in rows:
        found[row.order_id].append(row)
    return found


async def move(session: AsyncSession, order_id: UUID, target: OrderStatus, reason: str | None = None) -> Order | None:
    """Takes an order to `target` if the table of transitions allows it from where it stands; None if not."""
    moved: Order | None = await session.scalar(
        update(Order)
        .where(Order.id == order_id, Order.status.in_(sorted(sources(target))))
        .values(status=target, failure_reason=reason, updated_at=func.now())
        .returning(Order)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return moved


async def returned_amount(session: AsyncSession, order_id: UUID) -> int:
    """What the returns of an order were worth, in minor units."""
    total = select(func.coalesce(func.sum(OrderReturn.amount), 0)).where(OrderReturn.order_id == order_id)
    return int((await session.execute(total)).scalar_one())


class OrderFilter(msgspec.Struct, frozen=True):
    """Which orders to list; None is no condition."""

    status: OrderStatus | None = None
    source: OrderSource | None = None
    placed_by: UUID | None = None

    def apply(self, statement: Select[Any]) -> Select[Any]:
        """The statement with this filter's conditions."""
        if self.status:
            statement = statement.where(Order.status == self.status)
        if self.source:
            statement = statement.where(Order.source == self.source)
        if self.placed_by:
            statement = statement.where(Order.placed_by == self.placed_by)
        return statement


#: Where a page of orders begins: behind this time and id.
Position = tuple[datetime, UUID]


def _behind(statement: Select[Any], after: Position | None) -> Select[Any]:
    """Newest first, from `after` on."""
    if after:
        statement = statement.where(tuple_(Order.placed_at, Order.id) < tuple_(literal(after[0]), literal(after[1])))
    return statement.order_by(Order.placed_at.desc(), Order.id.desc())


async def list_orders(session: AsyncSession, wanted: OrderFilter, size: int, after: Position | None) -> Sequence[Order]:
    """Up to `size` orders, newest first, those behind `after`."""
    return (await session.scalars(_behind(wanted.apply(select(Order)), after).limit(size))).all()


async def count_orders(session: AsyncSession, wanted: OrderFilter) -> int:
    """How many orders the filter lets pass."""
    counted: int = (await session.execute(wanted.apply(select(func.count()).select_from(Order)))).scalar_one()
    return counted


async def orders_of_people(
    session: AsyncSession, people: Sequence[UUID], size: int, after: Position | None
) -> dict[UUID, list[Order]]:
    """Up to `size` orders of each person, newest first: each read from the end of that person's index."""
    person = select(func.unnest(literal(list(people), ARRAY(Uuid))).label("id")).subquery()
    recent = _behind(select(Order).where(Order.placed_by == person.c.id), after).limit(size).lateral()
    rows = await session.scalars(select(aliased(Order, recent)).select_from(person.join(recent, true())))
    found: dict[UUID, list[Order]] = {id: [] for id in people}
    for row in rows:
        if row.placed_by is not None:
            found[row.placed_by].append(row)
    return found


async def units_sold(session: AsyncSession, variant_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many units of each variant were sold and kept."""
    rows = await session.execute(
        select(OrderLine.variant_id, func.sum(OrderLine.quantity - OrderLine.returned))
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.variant_id == _any_of(variant_ids), Order.status.in_(sorted(SOLD)))
        .group_by(OrderLine.variant_id)
    )
    return {variant_id: int(units) for variant_id, units in rows if variant_id is not None}
