"""The SQL of orders. Row-level security confines every statement to the tenant of the session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, Uuid, any_, func, literal, select, text, true, tuple_
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

_OFFERS = text(
    """
    SELECT variant_id, product_id, sku, title, price_amount, price_currency, version
    FROM offer WHERE sku = ANY(CAST(:skus AS text[]))
    """
)

_WRITTEN = (
    "id",
    "tenant_id",
    "source",
    "external_id",
    "idempotency_key",
    "request_digest",
    "payment_method",
    "total_amount",
    "currency",
    "customer",
    "placed_by",
    "placed_at",
    "attributes",
)

_INSERT_ORDER = text(
    """
    WITH placed AS (
        INSERT INTO sales_order (
            id, tenant_id, source, external_id, idempotency_key, request_digest, payment_method,
            total_amount, currency, customer, placed_by, placed_at, attributes
        ) VALUES (
            :id, :tenant_id, :source, :external_id, :idempotency_key, :request_digest, :payment_method,
            :total_amount, :currency, :customer, :placed_by,
            COALESCE(CAST(:placed_at AS timestamptz), now()), CAST(:attributes AS jsonb)
        )
        ON CONFLICT DO NOTHING
        RETURNING id, tenant_id, number, placed_at, updated_at
    ), lines AS (
        INSERT INTO order_line (order_id, tenant_id, position, variant_id, sku, title, quantity, unit_price)
        SELECT placed.id, placed.tenant_id, line.position - 1, variant_id, sku, title, quantity, unit_price
        FROM placed, unnest(
            CAST(:variant_ids AS uuid[]), CAST(:skus AS text[]), CAST(:titles AS text[]),
            CAST(:quantities AS int[]), CAST(:unit_prices AS int[])
        ) WITH ORDINALITY AS line (variant_id, sku, title, quantity, unit_price, position)
    )
    SELECT number, placed_at, updated_at FROM placed
    """
)

_MOVE = text(
    """
    UPDATE sales_order SET status = :target, failure_reason = :reason, updated_at = now()
    WHERE id = :id AND status = ANY(CAST(:sources AS text[]))
    RETURNING number, total_amount, currency, payment_method
    """
)


class Moved(msgspec.Struct, frozen=True):
    """What is told of an order that has moved."""

    number: str
    total: Money
    payment_method: str


def _any_of(values: Sequence[UUID]) -> CollectionAggregate[Any]:
    """`= ANY(array)`: one statement text, hence one prepared statement, for any number of values."""
    return any_(literal(list(values), ARRAY(Uuid)))


async def offers_by_sku(session: AsyncSession, skus: Sequence[str]) -> dict[str, KnownOffer]:
    """The offers known of `skus`."""
    rows = await session.execute(_OFFERS, {"skus": list(skus)})
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

    A placement that is being written at the same moment under the same key is waited for. One plain statement,
    since this is the hottest path of all: the ORM's two take twice the processor time.
    """
    order = Order(
        id=new_id(),
        tenant_id=scope_of(session).tenant_id,
        status=OrderStatus.PLACED,
        source=placement.source,
        external_id=placement.external_id,
        idempotency_key=placement.idempotency_key,
        request_digest=placement.request_digest,
        payment_method=placement.payment_method,
        total_amount=placement.total.amount,
        currency=placement.total.currency,
        customer=placement.customer,
        placed_by=placement.placed_by,
        placed_at=placement.placed_at,
        attributes=placement.attributes,
        failure_reason=None,
    )
    lines = placement.lines
    written = await session.execute(
        _INSERT_ORDER,
        {
            **{name: getattr(order, name) for name in _WRITTEN},
            "attributes": msgspec.json.encode(placement.attributes).decode(),
            "variant_ids": [line.variant_id for line in lines],
            "skus": [line.sku for line in lines],
            "titles": [line.title for line in lines],
            "quantities": [line.quantity for line in lines],
            "unit_prices": [line.unit_price for line in lines],
        },
    )
    row = written.one_or_none()
    if row is None:
        return None
    order.number, order.placed_at, order.updated_at = row
    return order


async def order_by_idempotency_key(session: AsyncSession, key: str) -> Order | None:
    """The order that was placed under a key."""
    return await session.scalar(select(Order).where(Order.idempotency_key == key))


async def order_by_external_id(session: AsyncSession, source: OrderSource, external_id: str) -> Order | None:
    """The order that has this id where it comes from."""
    return await session.scalar(select(Order).where(Order.source == source, Order.external_id == external_id))


async def orders_by_id(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Order]:
    """The orders that exist among `ids`, as they are now: `move` goes past what the session remembers."""
    statement = select(Order).where(Order.id == _any_of(ids)).execution_options(populate_existing=True)
    rows = await session.scalars(statement)
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


async def move(session: AsyncSession, order_id: UUID, target: OrderStatus, reason: str | None = None) -> Moved | None:
    """Takes an order to `target` if the table of transitions allows it from where it stands; None if not."""
    values = {"id": order_id, "target": target, "reason": reason, "sources": sorted(sources(target))}
    row = (await session.execute(_MOVE, values)).one_or_none()
    if row is None:
        return None
    number, amount, currency, payment_method = row
    return Moved(number, Money(amount, currency), payment_method)


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
