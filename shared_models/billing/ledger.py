"""The double-entry ledger, without a database: accounts, and how each kind of posting moves money between them.

Debit is where value goes, credit where it comes from; in each currency the two sides of a posting are equal.
"""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

import msgspec

from shared_models.kernel.money import Money


class Account(StrEnum):
    """What the shop keeps count of."""

    #: Money that Stripe holds for us.
    PROCESSOR_CLEARING = "PROCESSOR_CLEARING"
    #: Money that another shop's gateway took for us.
    EXTERNAL_CLEARING = "EXTERNAL_CLEARING"
    SALES = "SALES"
    REFUNDS = "REFUNDS"
    #: What we owe to customers who were credited instead of refunded.
    CUSTOMER_CREDIT = "CUSTOMER_CREDIT"


class PostingKind(StrEnum):
    """Why money moved; with its source, it identifies a posting, so that nothing is posted twice."""

    CAPTURE = "CAPTURE"
    REFUND = "REFUND"
    CREDIT = "CREDIT"


class Entry(msgspec.Struct, frozen=True):
    """One side of a posting, in minor units; exactly one of `debit` and `credit` is positive."""

    account: Account
    currency: str
    debit: int = 0
    credit: int = 0


class Posting(msgspec.Struct, frozen=True):
    """Entries that belong together: posted all or none."""

    kind: PostingKind
    source_id: UUID
    entries: tuple[Entry, ...]


def capture(payment_id: UUID, amount: Money, clearing: Account) -> Posting:
    """A payment came in: it lies in `clearing`, earned by sales."""
    return _transfer(PostingKind.CAPTURE, payment_id, amount, debit=clearing, credit=Account.SALES)


def refund(refund_id: UUID, amount: Money, clearing: Account) -> Posting:
    """Money went back the way it came."""
    return _transfer(PostingKind.REFUND, refund_id, amount, debit=Account.REFUNDS, credit=clearing)


def credit(credit_id: UUID, amount: Money) -> Posting:
    """Goods came back, and we owe their price to the customer."""
    return _transfer(PostingKind.CREDIT, credit_id, amount, debit=Account.REFUNDS, credit=Account.CUSTOMER_CREDIT)


def _transfer(kind: PostingKind, source_id: UUID, amount: Money, *, debit: Account, credit: Account) -> Posting:
    return Posting(
        kind,
        source_id,
        (
            Entry(debit, amount.currency, debit=amount.amount),
            Entry(credit, amount.currency, credit=amount.amount),
        ),
    )
