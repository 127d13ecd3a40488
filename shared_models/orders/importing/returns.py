"""Goods that came back: refunds of the orders they were sold by, a credit for what has no sale on record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.database import scope_of
from shared_models.kernel.ids import derived_id
from shared_models.kernel.mesh import emit
from shared_models.kernel.money import Money
from shared_models.orders.events import CreditAccepted, OrderedLine, ReturnAccepted
from shared_models.orders.importing import repository
from shared_models.orders.importing.invoices import CURRENCY, GUEST, Invoice, InvoiceLine
from shared_models.orders.importing.matching import Matched, Unmatched, match
from shared_models.orders.models import ReturnState


async def accept(session: AsyncSession, invoice: Invoice, lines: Sequence[InvoiceLine]) -> None:
    """Takes back the lines of a cancellation, once.

    A guest's sales cannot be told from another guest's: a cancellation without a customer is credited.
    """
    await repository.lock_customer(session, invoice.customer)
    if await repository.has_returns(session, invoice.number):
        return
    sold = []
    if invoice.customer != GUEST:
        skus = sorted({line.sku for line in lines})
        sold = await repository.lock_sold_lines(session, invoice.customer, skus, CURRENCY)
    matched, unmatched = match(lines, sold, invoice.date)
    if matched:
        await repository.return_units(session, matched)
    matched.sort(key=lambda one: one.sold.order_id)
    for order_id, group in groupby(matched, key=lambda one: one.sold.order_id):
        await _refund(session, invoice, order_id, list(group))
    if unmatched:
        await _credit(session, invoice, unmatched)


async def settle(session: AsyncSession, return_id: UUID) -> None:
    """Billing has refunded or credited a return."""
    await repository.move_return(session, return_id, ReturnState.SETTLED)


async def fail(session: AsyncSession, return_id: UUID) -> None:
    """Billing could not return the money."""
    await repository.move_return(session, return_id, ReturnState.FAILED)


async def _refund(session: AsyncSession, invoice: Invoice, order_id: UUID, matched: Sequence[Matched]) -> None:
    amount = _worth(matched)
    return_id = derived_id("return", scope_of(session).tenant_id, invoice.number, order_id)
    lines = [{"sku": m.sold.sku, "quantity": m.quantity, "unit_price": m.unit_price} for m in matched]
    await repository.insert_return(session, _row(return_id, invoice, amount, lines, order_id), invoice.date)
    returned = [OrderedLine(m.sold.sku, m.quantity, m.sold.variant_id) for m in matched]
    await emit(session, ReturnAccepted(return_id, order_id, returned, Money(amount, CURRENCY)))


async def _credit(session: AsyncSession, invoice: Invoice, unmatched: Sequence[Unmatched]) -> None:
    amount = _worth(unmatched)
    return_id = derived_id("return", scope_of(session).tenant_id, invoice.number, "credit")
    lines = msgspec.to_builtins(unmatched)
    await repository.insert_return(session, _row(return_id, invoice, amount, lines, None), invoice.date)
    await emit(session, CreditAccepted(return_id, invoice.customer, Money(amount, CURRENCY)))


def _worth(lines: Iterable[Matched | Unmatched]) -> int:
    return sum(line.quantity * line.unit_price for line in lines)


def _row(
    return_id: UUID, invoice: Invoice, amount: int, lines: list[dict[str, Any]], order_id: UUID | None
) -> dict[str, Any]:
    return {
        "id": return_id,
        "order_id": order_id,
        "external_id": invoice.number,
        "customer": invoice.customer,
        "amount": amount,
        "currency": CURRENCY,
        "lines": lines,
    }
