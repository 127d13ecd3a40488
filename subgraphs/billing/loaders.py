"""Batched reads: one statement for all that a request asks of a kind."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from shared_models.billing import repository
from shared_models.billing.models import Invoice, LedgerEntry, Payment, Refund
from subgraphs.edge.context import Context


async def payments(context: Context, ids: list[UUID]) -> list[Payment | None]:
    """Payments by id."""
    async with context.transaction() as session:
        found = await repository.payments_by_id(session, ids)
    return [found.get(id) for id in ids]


async def payments_of_orders(context: Context, order_ids: list[UUID]) -> list[Payment | None]:
    """Each order's payment."""
    async with context.transaction() as session:
        found = await repository.payments_by_order(session, order_ids)
    return [found.get(id) for id in order_ids]


async def invoices(context: Context, ids: list[UUID]) -> list[Invoice | None]:
    """Invoices by id."""
    async with context.transaction() as session:
        found = await repository.invoices_by_id(session, ids)
    return [found.get(id) for id in ids]


async def invoices_of_orders(context: Context, order_ids: list[UUID]) -> list[Invoice | None]:
    """Each order's invoice."""
    async with context.transaction() as session:
        found = await repository.invoices_by_order(session, order_ids)
    return [found.get(id) for id in order_ids]


async def refunds_of_payments(context: Context, payment_ids: list[UUID]) -> list[list[Refund] | None]:
    """Each payment's refunds, oldest first."""
    async with context.transaction() as session:
        found = await repository.refunds_of(session, payment_ids)
    by_payment: dict[UUID, list[Refund]] = defaultdict(list)
    for refund in found:
        by_payment[refund.payment_id].append(refund)
    return [by_payment[id] for id in payment_ids]


async def entries_of_transactions(context: Context, transaction_ids: list[UUID]) -> list[list[LedgerEntry] | None]:
    """Each ledger transaction's entries."""
    async with context.transaction() as session:
        found = await repository.entries_of(session, transaction_ids)
    by_transaction: dict[UUID, list[LedgerEntry]] = defaultdict(list)
    for entry in found:
        by_transaction[entry.transaction_id].append(entry)
    return [by_transaction[id] for id in transaction_ids]
