"""Billing's tables: payments and refunds, credits, invoices, the ledger, and what Stripe has told us.

Amounts are minor units in a 64-bit column; each row names its currency.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Enum, FetchedValue, SmallInteger, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared_models.billing.ledger import Account, PostingKind
from shared_models.kernel.money import Money


class PaymentStatus(StrEnum):
    """PENDING until the processor has answered for good; the others follow from that answer and from refunds."""

    PENDING = "PENDING"
    CAPTURED = "CAPTURED"
    FAILED = "FAILED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"


#: The states in which the payer's money has reached us, whatever went back later.
CAPTURED_STATES = frozenset({PaymentStatus.CAPTURED, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED})


class Processor(StrEnum):
    """Who moves the money: Stripe, or the shop where the order was placed and paid (`external:<gateway>`)."""

    STRIPE = "stripe"
    EXTERNAL = "external"


class RefundStatus(StrEnum):
    """PENDING holds its amount back from other refunds; FAILED gives it free again."""

    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


def _stored(kind: type[StrEnum]) -> Enum:
    return Enum(kind, native_enum=False, length=32)


class Base(DeclarativeBase):
    """The declarative base of billing."""


class Payment(Base):
    """The money of one order: charged once, in full.

    `lane`, `actor_id` and `trace` are those of the order's saga, so that it goes on in them when it is the
    processor's webhook that brings it forward.
    """

    __tablename__ = "payment"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    order_id: Mapped[UUID]
    order_number: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    status: Mapped[PaymentStatus] = mapped_column(_stored(PaymentStatus))
    attempts: Mapped[int] = mapped_column(SmallInteger)
    processor: Mapped[Processor] = mapped_column(_stored(Processor))
    processor_id: Mapped[str | None] = mapped_column(Text)
    failure_code: Mapped[str | None] = mapped_column(Text)
    refunded: Mapped[int] = mapped_column(BigInteger, server_default="0")
    lane: Mapped[int] = mapped_column(SmallInteger)
    actor_id: Mapped[UUID | None]
    trace: Mapped[dict[str, str]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    @property
    def money(self) -> Money:
        """What the order costs."""
        return Money(self.amount, self.currency)

    @property
    def captured(self) -> bool:
        """Whether the payer's money has reached us."""
        return self.status in CAPTURED_STATES


class Refund(Base):
    """Money on its way back. `request_key` names what asked for it; one key is one refund."""

    __tablename__ = "refund"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    payment_id: Mapped[UUID]
    request_key: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    status: Mapped[RefundStatus] = mapped_column(_stored(RefundStatus))
    return_id: Mapped[UUID | None]
    processor_id: Mapped[str | None] = mapped_column(Text)
    failure_code: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    @property
    def money(self) -> Money:
        """What goes back."""
        return Money(self.amount, self.currency)


class CustomerCredit(Base):
    """What we owe a customer for goods that came back without their sale being on record here."""

    __tablename__ = "customer_credit"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    return_id: Mapped[UUID]
    customer: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Invoice(Base):
    """The bill of a paid order.

    The database numbers them from a sequence: unique and rising, but not gapless, because a gapless number is a row
    that all orders of a tenant would wait for. `pdf_url` is None as long as no document is made of it.
    """

    __tablename__ = "invoice"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    order_id: Mapped[UUID]
    payment_id: Mapped[UUID]
    number: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    pdf_url: Mapped[str | None] = mapped_column(Text)
    issued_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class LedgerTransaction(Base):
    """One posting: entries that balance in each currency. `source_id` is the payment, refund or credit it is of."""

    __tablename__ = "ledger_transaction"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[PostingKind] = mapped_column(_stored(PostingKind))
    source_id: Mapped[UUID]
    posted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class LedgerEntry(Base):
    """One side of a posting: either `debit` or `credit` is positive, the other zero. Never changed, never removed."""

    __tablename__ = "ledger_entry"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    transaction_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    account: Mapped[Account] = mapped_column(_stored(Account))
    currency: Mapped[str] = mapped_column(Text)
    debit: Mapped[int] = mapped_column(BigInteger)
    credit: Mapped[int] = mapped_column(BigInteger)


class StripeEvent(Base):
    """A webhook event that was taken in; a second delivery of it finds this row. `outcome` says what came of it."""

    __tablename__ = "stripe_event"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    type: Mapped[str] = mapped_column(Text)
    object_id: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
