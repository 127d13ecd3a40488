"""What Stripe tells by webhook: each event taken in once, in whatever order they come.

The signature has been verified before; so metadata is what we wrote when we asked, and it names the tenant.
What it says is still held against our own record before money is booked.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

import observability
from shared_models.billing import repository, service
from shared_models.billing.models import Payment, PaymentStatus
from shared_models.billing.processing import Accepted, Declined
from shared_models.billing.stripe_gateway import WebhookEvent, WebhookObject
from shared_models.kernel.database import Database
from shared_models.kernel.errors import TrellisError
from shared_models.kernel.ids import parse_id
from shared_models.kernel.money import Money
from shared_models.kernel.tenancy import Lane, Scope

log = structlog.get_logger()


class Told(StrEnum):
    """What an event was good for. All of them are acknowledged: sending it again would change nothing."""

    APPLIED = "APPLIED"
    KNOWN = "KNOWN"
    NOT_OURS = "NOT_OURS"
    UNKNOWN_PAYMENT = "UNKNOWN_PAYMENT"
    CONTRADICTS = "CONTRADICTS"


class OutOfOrder(TrellisError):
    """The event builds on one that has not come yet: Stripe is asked to send it again later."""

    code = "WEBHOOK_OUT_OF_ORDER"


class PaymentSettled(msgspec.Struct, frozen=True, tag=True):
    """Stripe has decided about the payment."""

    outcome: Accepted | Declined


class RefundSettled(msgspec.Struct, frozen=True, tag=True):
    """Stripe has decided about a refund that we asked for."""

    refund_id: UUID
    outcome: Accepted | Declined


class SumReturned(msgspec.Struct, frozen=True, tag=True):
    """So much of the payment has been refunded by now, whoever asked for it; in minor units."""

    amount: int


Said: TypeAlias = PaymentSettled | RefundSettled | SumReturned


class Notice(msgspec.Struct, frozen=True):
    """An event, as far as it concerns us. `amount` is that of `object_id`: an intent, a charge or a refund."""

    event_id: str
    type: str
    object_id: str
    tenant_id: UUID
    payment_id: UUID
    amount: Money
    said: Said


def notice_of(event: WebhookEvent) -> Notice | None:
    """What the event says; None when it is of a kind that we do not act on, or about nothing of ours."""
    thing, read = event.data.object, _READERS.get(event.type)
    metadata = thing.metadata or {}
    tenant_id, payment_id = parse_id(metadata.get("tenant_id", "")), parse_id(metadata.get("payment_id", ""))
    said = read(thing) if read else None
    if said is None or tenant_id is None or payment_id is None:
        return None
    amount = Money(thing.amount, thing.currency.upper())
    return Notice(event.id, event.type, thing.id, tenant_id, payment_id, amount, said)


def _succeeded(intent: WebhookObject) -> PaymentSettled:
    return PaymentSettled(Accepted(intent.id))


def _failed(intent: WebhookObject) -> PaymentSettled:
    code = intent.last_payment_error.code if intent.last_payment_error else None
    return PaymentSettled(Declined(code or "card_declined", intent.id))


def _charge_refunded(charge: WebhookObject) -> SumReturned:
    return SumReturned(charge.amount_refunded)


def _refund(refund: WebhookObject) -> RefundSettled | None:
    refund_id = parse_id((refund.metadata or {}).get("refund_id", ""))
    if refund_id is None:
        return None  # asked for at Stripe itself: `charge.refunded` tells of it
    if refund.status == "succeeded":
        return RefundSettled(refund_id, Accepted(refund.id))
    if refund.status in ("failed", "canceled"):
        return RefundSettled(refund_id, Declined(refund.failure_reason or refund.status, refund.id))
    return None  # pending: another event will tell


_READERS: dict[str, Callable[[WebhookObject], Said | None]] = {
    "payment_intent.succeeded": _succeeded,
    "payment_intent.payment_failed": _failed,
    "charge.refunded": _charge_refunded,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
}


async def receive(database: Database, notice: Notice) -> Told:
    """Takes an event in. Raises `OutOfOrder`, having recorded nothing.

    What follows from it runs in the order's own lane and trace, not in those of Stripe's request.
    """
    async with database.transaction(Scope(notice.tenant_id)) as session:
        payment = (await repository.payments_by_id(session, [notice.payment_id])).get(notice.payment_id)
        if payment is None:
            # The payment is committed before Stripe hears of it: one that is not here now will not come.
            log.warning("webhook.unknown_payment", event_id=notice.event_id, payment_id=str(notice.payment_id))
            return await _remember(session, notice, Told.UNKNOWN_PAYMENT)
        if not _news(notice, payment):
            return await _remember(session, notice, Told.KNOWN)
    scope = Scope(notice.tenant_id, Lane(payment.lane), payment.actor_id)
    with observability.tracer(__name__).start_as_current_span(
        f"webhook {notice.type}",
        context=observability.restored(payment.trace),
        links=observability.link_to(observability.trace_context()),
    ):
        async with database.transaction(scope) as session:
            return await _take_in(session, notice)


def _news(notice: Notice, payment: Payment) -> bool:
    """Whether the event can still change anything: mostly it cannot, because our own request was first."""
    if not isinstance(notice.said, PaymentSettled):
        return True
    accepted = isinstance(notice.said.outcome, Accepted)
    settled_as_told = payment.captured if accepted else payment.status == PaymentStatus.FAILED
    return not (settled_as_told and payment.processor_id == notice.object_id)


async def _take_in(session: AsyncSession, notice: Notice) -> Told:
    payment = await repository.lock_payment(session, notice.payment_id)
    if payment is None:
        return await _remember(session, notice, Told.UNKNOWN_PAYMENT)
    if await _contradicts(session, notice, payment):
        log.error("webhook.contradicts_record", event_id=notice.event_id, payment_id=str(payment.id))
        return await _remember(session, notice, Told.CONTRADICTS)
    if await _remember(session, notice, Told.APPLIED) is Told.KNOWN:
        return Told.KNOWN
    match notice.said:
        case PaymentSettled(outcome=outcome):
            await service.settle_payment(session, payment.id, outcome)
        case RefundSettled(refund_id=refund_id, outcome=outcome):
            await service.settle_refund(session, payment.id, refund_id, outcome)
        case SumReturned(amount=amount):
            await _book_foreign_refund(session, notice, payment, amount)
    return Told.APPLIED


async def _contradicts(session: AsyncSession, notice: Notice, payment: Payment) -> bool:
    """Whether the event and our record cannot both be true: never booked, left to a person."""
    if isinstance(notice.said, RefundSettled):
        refund = await repository.refund_by_id(session, notice.said.refund_id)
        return refund is not None and (refund.payment_id, refund.money) != (payment.id, notice.amount)
    if notice.amount != payment.money:
        return True
    if not isinstance(notice.said, PaymentSettled):
        return False
    other_intent = payment.processor_id not in (None, notice.object_id)
    captured_after_all = isinstance(notice.said.outcome, Accepted) and payment.status == PaymentStatus.FAILED
    return other_intent or captured_after_all


async def _book_foreign_refund(session: AsyncSession, notice: Notice, payment: Payment, returned: int) -> None:
    """Books what was refunded at Stripe itself: the part of the sum returned that no refund of ours asked for."""
    if not payment.captured:
        raise OutOfOrder("The payment is not captured yet: send this event again.", payment_id=payment.id)
    foreign = returned - await repository.amount_claimed(session, payment.id)
    if foreign <= 0:
        return
    refund = await service.book_refund(
        session,
        payment.id,
        key=f"stripe:{notice.event_id}",
        amount=Money(foreign, payment.currency),
    )
    if refund is not None:
        await service.settle_refund(session, payment.id, refund.id, Accepted(notice.object_id))


async def _remember(session: AsyncSession, notice: Notice, told: Told) -> Told:
    """Records the event; KNOWN instead of `told` when it had been recorded before."""
    new = await repository.record_stripe_event(
        session,
        {
            "id": notice.event_id,
            "type": notice.type,
            "object_id": notice.object_id,
            "outcome": told,
            "facts": msgspec.to_builtins(notice),
        },
    )
    return told if new else Told.KNOWN
