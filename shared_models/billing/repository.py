"""All of billing's SQL. Row-level security limits every statement to the tenant of the session's scope."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Integer, Table, bindparam, case, cast, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.billing.ledger import Posting
from shared_models.billing.models import (
    CustomerCredit,
    Invoice,
    LedgerEntry,
    LedgerTransaction,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
    StripeEvent,
)
from shared_models.kernel.database import scope_of
from shared_models.kernel.ids import new_id

# What every order runs through is built once, as plain tables: building a statement costs more than sending it.
_payment = typing.cast("Table", Payment.__table__)
_OPEN_PAYMENT = (
    upsert(_payment)
    .on_conflict_do_update(
        index_elements=["tenant_id", "order_id"],
        set_={"attempts": _payment.c.attempts + cast(_payment.c.status == PaymentStatus.PENDING, Integer)},
    )
    .returning(_payment)
)
_SETTLE_PAYMENT = (
    update(_payment)
    .where(_payment.c.id == bindparam("payment_id"), _payment.c.status == PaymentStatus.PENDING)
    .values(
        settled_at=func.now(),
        status=bindparam("outcome"),
        processor_id=bindparam("settled_processor_id"),
        failure_code=bindparam("settled_failure_code"),
    )
    .returning(_payment)
)
_INSERT_INVOICE = insert(typing.cast("Table", Invoice.__table__))
_POST = text(
    """
    WITH posted AS (
        INSERT INTO ledger_transaction (tenant_id, id, kind, source_id) VALUES (:tenant_id, :id, :kind, :source_id)
    )
    INSERT INTO ledger_entry (tenant_id, transaction_id, line, account, currency, debit, credit)
    SELECT CAST(:tenant_id AS uuid), CAST(:id AS uuid), line - 1, account, currency, debit, credit
    FROM unnest(
        CAST(:accounts AS text[]), CAST(:currencies AS text[]), CAST(:debits AS bigint[]), CAST(:credits AS bigint[])
    ) WITH ORDINALITY AS entry (account, currency, debit, credit, line)
    """
)


def tenant_of(session: AsyncSession) -> UUID:
    """The tenant whose rows the session writes."""
    tenant_id = scope_of(session).tenant_id
    if tenant_id is None:
        raise LookupError("Billing has no rows of the platform itself.")
    return tenant_id


# --- payments


async def open_payment(session: AsyncSession, values: dict[str, Any]) -> Payment:
    """The order's payment: inserted from `values`, or found. Each call on a PENDING one counts an attempt."""
    row = {"id": new_id(), "tenant_id": tenant_of(session), "attempts": 1, **values}
    return Payment(**(await session.execute(_OPEN_PAYMENT, row)).mappings().one())


async def settle_payment(
    session: AsyncSession,
    payment_id: UUID,
    status: PaymentStatus,
    *,
    processor_id: str | None,
    failure_code: str | None = None,
) -> Payment | None:
    """Moves a PENDING payment to its outcome; None when somebody else already did."""
    outcome = {
        "payment_id": payment_id,
        "outcome": status,
        "settled_processor_id": processor_id,
        "settled_failure_code": failure_code,
    }
    row = (await session.execute(_SETTLE_PAYMENT, outcome)).mappings().one_or_none()
    return Payment(**row) if row else None


async def note_processor_id(session: AsyncSession, payment_id: UUID, processor_id: str) -> None:
    """Keeps the processor's name for a payment that it has not decided yet."""
    await session.execute(
        update(Payment)
        .where(Payment.id == payment_id, Payment.status == PaymentStatus.PENDING)
        .values(processor_id=processor_id)
    )


async def payments_by_id(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Payment]:
    """Payments by their ids."""
    found = await session.scalars(select(Payment).where(Payment.id.in_(ids)))
    return {payment.id: payment for payment in found}


async def payments_by_order(session: AsyncSession, order_ids: Sequence[UUID]) -> dict[UUID, Payment]:
    """Payments by the ids of their orders."""
    found = await session.scalars(select(Payment).where(Payment.order_id.in_(order_ids)))
    return {payment.order_id: payment for payment in found}


async def lock_payment(session: AsyncSession, payment_id: UUID) -> Payment | None:
    """The payment, locked until the transaction ends and as it is now."""
    statement = select(Payment).where(Payment.id == payment_id).with_for_update()
    return (await session.scalars(statement.execution_options(populate_existing=True))).one_or_none()


# --- refunds


async def insert_refund(session: AsyncSession, values: dict[str, Any]) -> Refund:
    """A new refund."""
    statement = insert(Refund).values(id=new_id(), tenant_id=tenant_of(session), **values).returning(Refund)
    return (await session.scalars(statement)).one()


async def refund_by_key(session: AsyncSession, request_key: str) -> Refund | None:
    """The refund that a request was answered with before."""
    return (await session.scalars(select(Refund).where(Refund.request_key == request_key))).one_or_none()


async def refund_by_id(session: AsyncSession, refund_id: UUID) -> Refund | None:
    """A refund by its id."""
    return await session.get(Refund, refund_id)


async def refunds_of(session: AsyncSession, payment_ids: Sequence[UUID]) -> list[Refund]:
    """All refunds of the payments, oldest first."""
    statement = select(Refund).where(Refund.payment_id.in_(payment_ids)).order_by(Refund.id)
    return list(await session.scalars(statement))


async def amount_claimed(session: AsyncSession, payment_id: UUID) -> int:
    """What refunds have taken or are about to take of a payment. Lock the payment first."""
    statement = select(cast(func.coalesce(func.sum(Refund.amount), 0), BigInteger)).where(
        Refund.payment_id == payment_id, Refund.status != RefundStatus.FAILED
    )
    return (await session.scalars(statement)).one()


async def settle_refund(session: AsyncSession, refund_id: UUID, **values: Any) -> Refund | None:
    """Moves a PENDING refund to its outcome; None when somebody else already did."""
    statement = (
        update(Refund)
        .where(Refund.id == refund_id, Refund.status == RefundStatus.PENDING)
        .values(settled_at=func.now(), **values)
        .returning(Refund)
    )
    return (await session.scalars(statement)).one_or_none()


async def add_refunded(session: AsyncSession, payment_id: UUID, amount: int) -> Payment:
    """Counts `amount` as returned to the payer; the table's constraint refuses more than was paid."""
    after = Payment.refunded + amount
    whole = case((after == Payment.amount, PaymentStatus.REFUNDED), else_=PaymentStatus.PARTIALLY_REFUNDED)
    statement = (
        update(Payment)
        .where(Payment.id == payment_id)
        .values(refunded=after, status=whole)
        .returning(Payment)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(statement)).one()


# --- credits and invoices


async def insert_credit(session: AsyncSession, values: dict[str, Any]) -> CustomerCredit | None:
    """A new credit; None when the return has one already."""
    statement = (
        upsert(CustomerCredit)
        .values(id=new_id(), tenant_id=tenant_of(session), **values)
        .on_conflict_do_nothing()
        .returning(CustomerCredit)
    )
    return (await session.scalars(statement)).one_or_none()


async def insert_invoice(session: AsyncSession, order_id: UUID, payment_id: UUID) -> None:
    """The order's invoice, under the next number."""
    row = {"id": new_id(), "tenant_id": tenant_of(session), "order_id": order_id, "payment_id": payment_id}
    await session.execute(_INSERT_INVOICE, row)


async def invoices_by_id(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Invoice]:
    """Invoices by their ids."""
    return {invoice.id: invoice for invoice in await session.scalars(select(Invoice).where(Invoice.id.in_(ids)))}


async def invoices_by_order(session: AsyncSession, order_ids: Sequence[UUID]) -> dict[UUID, Invoice]:
    """Invoices by the ids of their orders."""
    found = await session.scalars(select(Invoice).where(Invoice.order_id.in_(order_ids)))
    return {invoice.order_id: invoice for invoice in found}


# --- ledger


async def post(session: AsyncSession, posting: Posting) -> None:
    """Writes a posting. That it balances is checked at commit, that it is the only one of its source at once."""
    entries = posting.entries
    await session.execute(
        _POST,
        {
            "tenant_id": tenant_of(session),
            "id": new_id(),
            "kind": posting.kind,
            "source_id": posting.source_id,
            "accounts": [entry.account for entry in entries],
            "currencies": [entry.currency for entry in entries],
            "debits": [entry.debit for entry in entries],
            "credits": [entry.credit for entry in entries],
        },
    )


async def transactions_before(session: AsyncSession, before: UUID | None, limit: int) -> Sequence[LedgerTransaction]:
    """Ledger transactions, newest first, from behind `before` on."""
    statement = select(LedgerTransaction).order_by(LedgerTransaction.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(LedgerTransaction.id < before)
    return (await session.scalars(statement)).all()


async def count_transactions(session: AsyncSession) -> int:
    """How many ledger transactions there are."""
    return (await session.scalars(select(func.count()).select_from(LedgerTransaction))).one()


async def entries_of(session: AsyncSession, transaction_ids: Sequence[UUID]) -> list[LedgerEntry]:
    """The entries of transactions, in their order."""
    statement = (
        select(LedgerEntry)
        .where(LedgerEntry.transaction_id.in_(transaction_ids))
        .order_by(LedgerEntry.transaction_id, LedgerEntry.line)
    )
    return list(await session.scalars(statement))


# --- what Stripe told


async def record_stripe_event(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Remembers a webhook event; False when it was here before."""
    statement = (upsert(StripeEvent).values(tenant_id=tenant_of(session), **values).on_conflict_do_nothing()).returning(
        StripeEvent.id
    )
    return (await session.scalars(statement)).one_or_none() is not None
