"""The SQL of imports and returns. Row-level security confines every statement to the tenant of the session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Text, any_, exists, func, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.database import scope_of
from shared_models.kernel.job_state import JobState
from shared_models.kernel.mesh_tables import job
from shared_models.orders.importing.invoices import Invoice, Reason, Rejection
from shared_models.orders.importing.matching import Matched, SoldLine
from shared_models.orders.models import (
    ItemKind,
    ItemState,
    Order,
    OrderImport,
    OrderImportItem,
    OrderLine,
    OrderReturn,
    OrderSource,
    ReturnState,
)
from shared_models.orders.state import SETTLED, SOLD, OrderStatus

_RETURN_UNITS = text(
    """
    UPDATE order_line SET returned = returned + back.units
    FROM unnest(CAST(:order_ids AS uuid[]), CAST(:positions AS int[]), CAST(:units AS int[]))
        AS back (order_id, position, units)
    WHERE order_line.order_id = back.order_id AND order_line.position = back.position
    """
)


async def insert_import(session: AsyncSession, id: UUID, source_name: str, rejections: Sequence[Rejection]) -> bool:
    """Records an import; False when this file was begun before."""
    row = {
        "id": id,
        "tenant_id": scope_of(session).tenant_id,
        "source_name": source_name,
        "rejections": msgspec.to_builtins(rejections),
    }
    inserted = await session.scalar(upsert(OrderImport).values(row).on_conflict_do_nothing().returning(OrderImport.id))
    return inserted is not None


async def insert_items(session: AsyncSession, import_id: UUID, invoices: Sequence[Invoice]) -> None:
    """Records invoices as items, those that are not there yet; one without a line to keep is over already."""
    tenant_id = scope_of(session).tenant_id
    await session.execute(
        upsert(OrderImportItem).on_conflict_do_nothing(),
        [
            {
                "import_id": import_id,
                "number": invoice.number,
                "tenant_id": tenant_id,
                "kind": invoice.kind,
                "state": ItemState.PENDING if invoice.lines else ItemState.EMPTY,
                "invoice": msgspec.to_builtins(invoice),
                "rejections": msgspec.to_builtins(invoice.rejections),
            }
            for invoice in invoices
        ],
    )


async def revive_unknown(session: AsyncSession, import_id: UUID) -> list[tuple[str, ItemKind]]:
    """Makes those items pending again of which nothing was kept, for want of SKUs among others: (number, kind)."""
    rows = await session.execute(
        update(OrderImportItem)
        .where(
            OrderImportItem.import_id == import_id,
            OrderImportItem.state == ItemState.EMPTY,
            OrderImportItem.rejections.contains([{"code": Reason.UNKNOWN_SKU.value}]),
        )
        .values(state=ItemState.PENDING, rejections=OrderImportItem.invoice["rejections"])
        .returning(OrderImportItem.number, OrderImportItem.kind)
        .execution_options(synchronize_session=False)
    )
    return [(number, kind) for number, kind in rows]


async def seal(session: AsyncSession, import_id: UUID) -> None:
    """All items of the import are recorded."""
    await session.execute(update(OrderImport).where(OrderImport.id == import_id).values(sealed=True))


async def find_import(session: AsyncSession, import_id: UUID) -> OrderImport | None:
    """The import of an id."""
    return await session.get(OrderImport, import_id)


async def lock_item(session: AsyncSession, import_id: UUID, number: str) -> OrderImportItem | None:
    """An item, to be worked on by this transaction alone."""
    return await session.scalar(
        select(OrderImportItem)
        .where(OrderImportItem.import_id == import_id, OrderImportItem.number == number)
        .with_for_update()
    )


async def pending_numbers(session: AsyncSession, import_id: UUID, kind: ItemKind) -> Sequence[str]:
    """The numbers of a kind's items that are not done, in order."""
    return (
        await session.scalars(
            select(OrderImportItem.number)
            .where(
                OrderImportItem.import_id == import_id,
                OrderImportItem.kind == kind,
                OrderImportItem.state == ItemState.PENDING,
            )
            .order_by(OrderImportItem.number)
        )
    ).all()


async def count_items(session: AsyncSession, import_id: UUID) -> dict[tuple[ItemKind, ItemState], int]:
    """How many items there are of each kind and state."""
    rows = await session.execute(
        select(OrderImportItem.kind, OrderImportItem.state, func.count())
        .where(OrderImportItem.import_id == import_id)
        .group_by(OrderImportItem.kind, OrderImportItem.state)
    )
    return {(kind, state): number for kind, state, number in rows}


async def count_orders(session: AsyncSession, import_id: UUID) -> dict[OrderStatus, tuple[int, int]]:
    """The orders of an import by status: how many, and their sum in pence."""
    rows = await session.execute(
        select(Order.status, func.count(), func.sum(Order.total_amount))
        .join(OrderImportItem, OrderImportItem.order_id == Order.id)
        .where(OrderImportItem.import_id == import_id)
        .group_by(Order.status)
    )
    return {status: (number, int(amount)) for status, number, amount in rows}


async def has_unsettled_orders(session: AsyncSession, import_id: UUID) -> bool:
    """Whether an order of the import is still on its way."""
    return bool(
        await session.scalar(
            select(
                exists()
                .where(OrderImportItem.import_id == import_id, Order.id == OrderImportItem.order_id)
                .where(Order.status.not_in(sorted(SETTLED)))
            )
        )
    )


async def count_returns(session: AsyncSession, import_id: UUID) -> list[tuple[bool, ReturnState, int, int]]:
    """The returns of an import: (is a credit, state, how many, their sum in pence)."""
    is_credit = OrderReturn.order_id.is_(None)
    rows = await session.execute(
        select(is_credit, OrderReturn.state, func.count(), func.sum(OrderReturn.amount))
        .join(OrderImportItem, OrderImportItem.number == OrderReturn.external_id)
        .where(OrderImportItem.import_id == import_id, OrderImportItem.kind == ItemKind.CANCELLATION)
        .group_by(is_credit, OrderReturn.state)
    )
    return [(credit, state, number, int(amount)) for credit, state, number, amount in rows]


async def failed_returns(session: AsyncSession, import_id: UUID) -> list[str]:
    """The numbers of the cancellations whose money the processor would not return."""
    numbers = await session.scalars(
        select(OrderReturn.external_id)
        .join(OrderImportItem, OrderImportItem.number == OrderReturn.external_id)
        .where(OrderImportItem.import_id == import_id, OrderReturn.state == ReturnState.FAILED)
        .order_by(OrderReturn.external_id)
    )
    return list(numbers)


async def dead_jobs(session: AsyncSession, import_id: UUID) -> list[tuple[str, str]]:
    """The import's jobs that ended in the dead letters: (invoice number or the job's name, why)."""
    rows = await session.execute(
        select(job.c.payload["number"].astext, job.c.name, job.c.error)
        .where(job.c.state == JobState.DEAD, job.c.name.like("orders.Import%"))
        .where(job.c.payload["import_id"].astext == str(import_id))
    )
    return [(number or name, str((error or {}).get("message", "unknown"))) for number, name, error in rows]


async def rejections(session: AsyncSession, import_id: UUID) -> list[Rejection]:
    """Every line of the file that was not kept, in order of lines."""
    stray = await session.scalars(select(OrderImport.rejections).where(OrderImport.id == import_id))
    of_items = await session.scalars(
        select(OrderImportItem.rejections).where(
            OrderImportItem.import_id == import_id, func.jsonb_array_length(OrderImportItem.rejections) > 0
        )
    )
    found = [msgspec.convert(row, Rejection) for rows in (*stray, *of_items) for row in rows]
    return sorted(found, key=lambda rejection: rejection.line)


async def lock_customer(session: AsyncSession, customer: str) -> None:
    """Makes the returns of one customer take turns, until the transaction ends."""
    key = f"returns/{scope_of(session).tenant_id}/{customer}"
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(literal(key), 0))))


async def has_returns(session: AsyncSession, number: str) -> bool:
    """Whether a cancellation has been worked on, by whatever file."""
    return bool(await session.scalar(select(exists().where(OrderReturn.external_id == number))))


async def lock_sold_lines(session: AsyncSession, customer: str, skus: Sequence[str], currency: str) -> list[SoldLine]:
    """What is left of the imported lines that a customer bought; orders and lines are locked."""
    rows = await session.execute(
        select(OrderLine, Order.placed_at)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            Order.customer == customer,
            Order.source == OrderSource.IMPORT,
            Order.currency == currency,
            Order.status.in_(sorted(SOLD)),
            OrderLine.sku == any_(literal(list(skus), ARRAY(Text))),
            OrderLine.returned < OrderLine.quantity,
        )
        .order_by(Order.id, OrderLine.position)
        .with_for_update()
    )
    return [
        SoldLine(
            line.order_id,
            line.position,
            line.sku,
            line.unit_price,
            placed_at,
            line.quantity - line.returned,
            line.variant_id,
        )
        for line, placed_at in rows
    ]


async def return_units(session: AsyncSession, matched: Sequence[Matched]) -> None:
    """Counts units as returned on the lines that they were sold by."""
    units: dict[tuple[UUID, int], int] = {}
    for one in matched:
        key = (one.sold.order_id, one.sold.position)
        units[key] = units.get(key, 0) + one.quantity
    await session.execute(
        _RETURN_UNITS,
        {
            "order_ids": [order_id for order_id, _ in units],
            "positions": [position for _, position in units],
            "units": list(units.values()),
        },
    )


async def insert_return(session: AsyncSession, row: dict[str, Any], returned_at: datetime) -> None:
    """Records a return; `row` are columns by name."""
    await session.execute(
        insert(OrderReturn).values(tenant_id=scope_of(session).tenant_id, returned_at=returned_at, **row)
    )


async def move_return(session: AsyncSession, return_id: UUID, state: ReturnState) -> None:
    """What became of the money of a return. One that is settled stays so, whatever comes late."""
    await session.execute(
        update(OrderReturn)
        .where(OrderReturn.id == return_id, OrderReturn.state != ReturnState.SETTLED)
        .values(state=state)
    )
