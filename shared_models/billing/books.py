"""Whether the books are right: the trial balance, and the invariants between ledger, payments and refunds."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import BigInteger, Select, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.billing.ledger import PostingKind
from shared_models.billing.models import (
    CAPTURED_STATES,
    CustomerCredit,
    LedgerEntry,
    LedgerTransaction,
    Payment,
    Refund,
    RefundStatus,
)


class TrialBalanceLine(msgspec.Struct, frozen=True):
    """The sums of all entries in one currency, in minor units; they are always equal."""

    currency: str
    debit: int
    credit: int


class Discrepancy(msgspec.Struct, frozen=True):
    """Two sums that should be equal, and are not."""

    rule: str
    currency: str
    expected: int
    found: int


async def trial_balance(session: AsyncSession) -> list[TrialBalanceLine]:
    """One line per currency of the tenant's ledger, in the order of currency codes."""
    rows = await session.execute(
        select(LedgerEntry.currency, _sum(LedgerEntry.debit), _sum(LedgerEntry.credit))
        .group_by(LedgerEntry.currency)
        .order_by(LedgerEntry.currency)
    )
    return [TrialBalanceLine(currency, debit, credit) for currency, debit, credit in rows]


async def check_books(session: AsyncSession) -> list[Discrepancy]:
    """What is wrong with the tenant's books; empty when all is well.

    Debits equal credits; what is captured, refunded and credited is what the ledger says of it; what a payment
    counts as refunded is what its refunds sum up to.
    """
    balance = await trial_balance(session)
    found = _compare(
        "debit = credit",
        {line.currency: line.debit for line in balance},
        {line.currency: line.credit for line in balance},
    )
    captured = select(Payment.currency, _sum(Payment.amount)).where(Payment.status.in_(CAPTURED_STATES))
    returned = select(Refund.currency, _sum(Refund.amount)).where(Refund.status == RefundStatus.SUCCEEDED)
    counted = select(Payment.currency, _sum(Payment.refunded))
    credited = select(CustomerCredit.currency, _sum(CustomerCredit.amount))
    refunded = await _by_currency(session, returned.group_by(Refund.currency))
    pairs = {
        "captured = ledger": (await _by_currency(session, captured.group_by(Payment.currency)), PostingKind.CAPTURE),
        "refunded = ledger": (refunded, PostingKind.REFUND),
        "credited = ledger": (
            await _by_currency(session, credited.group_by(CustomerCredit.currency)),
            PostingKind.CREDIT,
        ),
    }
    for rule, (sums, kind) in pairs.items():
        found += _compare(rule, sums, await _posted(session, kind))
    counts = await _by_currency(session, counted.group_by(Payment.currency))
    return found + _compare("payments' refunded = refunds", refunded, counts)


async def _posted(session: AsyncSession, kind: PostingKind) -> dict[str, int]:
    statement = (
        select(LedgerEntry.currency, _sum(LedgerEntry.debit))
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerTransaction.kind == kind)
        .group_by(LedgerEntry.currency)
    )
    return await _by_currency(session, statement)


async def _by_currency(session: AsyncSession, statement: Select[Any]) -> dict[str, int]:
    return {row[0]: row[1] for row in await session.execute(statement)}


def _sum(column: Any) -> Any:
    return cast(func.sum(column), BigInteger)


def _compare(rule: str, expected: dict[str, int], found: dict[str, int]) -> list[Discrepancy]:
    return [
        Discrepancy(rule, currency, expected.get(currency, 0), found.get(currency, 0))
        for currency in sorted(expected.keys() | found.keys())
        if expected.get(currency, 0) != found.get(currency, 0)
    ]
