"""All of billing's SQL. Row-level security limits every statement to the tenant of the session's scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Integer, case, cast, func, insert, select, update
from sqlalchemy import Sequence as SqlSequence
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

_INVOICE_NUMBER = SqlSequence("invoice_number")


def tenant_of(session: AsyncSession) -> UUID:
    """The tenant whose rows the session writes."""
    tenant_id = scope_of(session).tenant_id
    if tenant_id is None:
        raise LookupError("Billing has no rows of the platform itself.")
    return tenant_id


# --- payments


async def open_payment(session: AsyncSession, values: dict[str, Any]) -> Payment:
    """The order's payment: inserted from `values`, or found. Each call on a PENDING one counts an attempt."""
    statement = upsert(Payment).values(id=new_id(), tenant_id=tenant_of(session), attempts=1, **values)
    pending = cast(Payment.status == PaymentStatus.PENDING, Integer)
    upserted = statement.on_conflict_do_update(
        index_elements=[Payment.tenant_id, Payment.order_id], set_={"attempts": Payment.attempts + pending}
    ).returning(Payment)
    return (await session.scalars(upserted)).one()


async def settle_payment(session: AsyncSession, payment_id: UUID, **values: Any) -> Payment | None:
    """Moves a PENDING payment to its outcome; None when somebody else already did."""
    statement = (
        update(Payment)
        .where(Payment.id == payment_id, Payment.status == PaymentStatus.PENDING)
        .values(settled_at=func.now(), **values)
        .returning(Payment)
    )
    return (await session.scalars(statement)).one_or_none()


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
    number = func.concat("INV-", func.lpad(func.cast(_INVOICE_NUMBER.next_value(), Invoice.number.type), 8, "0"))
    await session.execute(
        insert(Invoice).values(
            id=new_id(), tenant_id=tenant_of(session), order_id=order_id, payment_id=payment_id, number=number
        )
    )


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
    tenant_id, transaction_id = tenant_of(session), new_id()
    await session.execute(
        insert(LedgerTransaction).values(
            tenant_id=tenant_id, id=transaction_id, kind=posting.kind, source_id=posting.source_id
        )
    )
    await session.execute(
        insert(LedgerEntry),
        [
            {
                "tenant_id": tenant_id,
                "transaction_id": transaction_id,
                "line": line,
                "account": entry.account,
                "currency": entry.currency,
                "debit": entry.debit,
                "credit": entry.credit,
            }
            for line, entry in enumerate(posting.entries)
        ],
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
