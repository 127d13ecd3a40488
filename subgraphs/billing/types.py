"""Billing's GraphQL types."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import strawberry
from strawberry.types.scalar import ScalarDefinition

from shared_models.billing import books, ledger, models
from shared_models.kernel.errors import BadInput
from subgraphs.billing import loaders
from subgraphs.edge.context import Info
from subgraphs.edge.types import Money

# Registers the domain's own enumerations with the schema.
strawberry.enum(models.PaymentStatus, description="How far an order's payment has come.")
strawberry.enum(models.RefundStatus, description="How far a refund has come.")
strawberry.enum(ledger.Account, name="LedgerAccount", description="What the ledger keeps count of.")
strawberry.enum(ledger.PostingKind, description="Why money moved.")


class BigInt(int):
    """Sums outgrow GraphQL's 32-bit `Int`; in JSON they are still plain numbers."""

    _scalar_definition: ClassVar[ScalarDefinition] = strawberry.scalar(
        name="BigInt", description="A whole number of up to 64 bits, in JSON a number.", serialize=int, parse_value=int
    )


@strawberry.type(description="Money on its way back to the payer.")
class Refund:
    """One refund of a payment."""

    id: strawberry.ID
    amount: Money
    status: models.RefundStatus
    failure_code: str | None
    created_at: datetime

    @classmethod
    def of(cls, row: models.Refund) -> Refund:
        """From its row."""
        return cls(
            id=strawberry.ID(str(row.id)),
            amount=Money.of(row.money),
            status=row.status,
            failure_code=row.failure_code,
            created_at=row.created_at,
        )


@strawberry.federation.type(keys=["id"], description="The payment of one order.")
class Payment:
    """An order's payment."""

    id: strawberry.ID
    amount: Money
    refunded: Money
    status: models.PaymentStatus
    attempts: int = strawberry.field(description="How often the processor was asked.")
    processor: str = strawberry.field(description="`stripe`, or `external` if it was paid where it was placed.")
    processor_id: str | None = strawberry.field(description="What the processor calls it.")
    failure_code: str | None = strawberry.field(description="Why the processor declined, such as `card_declined`.")
    order: Order

    @strawberry.field
    async def refunds(self, info: Info) -> list[Refund]:
        """All refunds, whatever became of them."""
        rows = await info.context.loader(loaders.refunds_of_payments).load(UUID(self.id))
        return [Refund.of(row) for row in rows or ()]

    @classmethod
    def of(cls, row: models.Payment) -> Payment:
        """From its row."""
        return cls(
            id=strawberry.ID(str(row.id)),
            amount=Money.of(row.money),
            refunded=Money(amount=row.refunded, currency=row.currency),
            status=row.status,
            attempts=row.attempts,
            processor=row.processor,
            processor_id=row.processor_id,
            failure_code=row.failure_code,
            order=Order(id=strawberry.ID(str(row.order_id))),
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Payment | None:
        """Batched over all payments that the request refers to."""
        row = await info.context.load_by_id(loaders.payments, id)
        return cls.of(row) if row else None


@strawberry.federation.type(keys=["id"], description="The bill of a paid order.")
class Invoice:
    """An order's invoice."""

    id: strawberry.ID
    number: str = strawberry.field(description="Unique and rising, not gapless.")
    pdf_url: str | None
    issued_at: datetime

    @classmethod
    def of(cls, row: models.Invoice) -> Invoice:
        """From its row."""
        return cls(id=strawberry.ID(str(row.id)), number=row.number, pdf_url=row.pdf_url, issued_at=row.issued_at)

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Invoice | None:
        """Batched over all invoices that the request refers to."""
        row = await info.context.load_by_id(loaders.invoices, id)
        return cls.of(row) if row else None


async def _outstanding(root: Order, info: Info) -> Money:
    """The total until it is captured, zero from then on."""
    total = _total(root)
    row = await info.context.load_by_id(loaders.payments_of_orders, root.id)
    return Money(amount=0, currency=total.currency) if row and row.captured else total


def _total(root: Order) -> Money:
    """What orders says that the order costs; it is here whenever a representation brought it."""
    if root.given_total is None:
        raise BadInput("This needs the order's `total` in its representation.", id=root.id)
    return root.given_total


@strawberry.federation.type(keys=["id"])
class Order:
    """What billing knows of an order of the orders domain."""

    id: strawberry.ID
    given_total: strawberry.Private[Money | None] = None
    total: Money = strawberry.federation.field(resolver=_total, external=True)
    outstanding: Money = strawberry.federation.field(
        resolver=_outstanding,
        requires=["total { amount currency }"],
        description="What is still to be paid: nothing once the payment is captured, even if it was refunded later.",
    )

    @strawberry.field
    async def payment(self, info: Info) -> Payment | None:
        """The order's payment; None as long as nothing was charged."""
        row = await info.context.load_by_id(loaders.payments_of_orders, self.id)
        return Payment.of(row) if row else None

    @strawberry.field
    async def invoice(self, info: Info) -> Invoice | None:
        """The order's invoice; None as long as nothing was paid."""
        row = await info.context.load_by_id(loaders.invoices_of_orders, self.id)
        return Invoice.of(row) if row else None

    @classmethod
    def resolve_reference(cls, id: strawberry.ID, total: dict[str, object] | None = None) -> Order:
        """`total` comes with a representation that `outstanding` was planned for."""
        return cls(id=id, given_total=_money(total))


def _money(representation: dict[str, object] | None) -> Money | None:
    if representation is None:
        return None
    return Money(amount=int(str(representation["amount"])), currency=str(representation["currency"]))


@strawberry.type(description="One side of a posting, in minor units; either debit or credit is zero.")
class LedgerEntry:
    """An entry of a ledger transaction."""

    account: ledger.Account
    currency: str
    debit: BigInt
    credit: BigInt


@strawberry.type(description="A posting: its entries balance in each currency.")
class LedgerTransaction:
    """A ledger transaction."""

    id: strawberry.ID
    kind: ledger.PostingKind
    source_id: strawberry.ID = strawberry.field(description="The payment, refund or credit that it is of.")
    posted_at: datetime

    @strawberry.field
    async def entries(self, info: Info) -> list[LedgerEntry]:
        """Its entries, in order."""
        rows = await info.context.loader(loaders.entries_of_transactions).load(UUID(self.id))
        return [
            LedgerEntry(account=row.account, currency=row.currency, debit=BigInt(row.debit), credit=BigInt(row.credit))
            for row in rows or ()
        ]

    @classmethod
    def of(cls, row: models.LedgerTransaction) -> LedgerTransaction:
        """From its row."""
        return cls(
            id=strawberry.ID(str(row.id)),
            kind=row.kind,
            source_id=strawberry.ID(str(row.source_id)),
            posted_at=row.posted_at,
        )


@strawberry.type(description="All entries in one currency, summed up; the sides are always equal.")
class TrialBalanceLine:
    """A line of the trial balance."""

    currency: str
    debit: BigInt
    credit: BigInt

    @classmethod
    def of(cls, line: books.TrialBalanceLine) -> TrialBalanceLine:
        """From the domain's value."""
        return cls(currency=line.currency, debit=BigInt(line.debit), credit=BigInt(line.credit))
