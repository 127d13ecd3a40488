"""Billing's actors: charge what was reserved, refund what was called off or came back, grant credits."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.billing import service
from shared_models.billing.jobs import RefundPayment
from shared_models.billing.models import Payment, PaymentStatus, Processor, Refund, RefundStatus
from shared_models.billing.processing import Accepted, Charge, Outcome, ProcessorUnavailable, Return
from shared_models.billing.settings import StripeSettings
from shared_models.billing.stripe_gateway import StripeGateway
from shared_models.kernel.errors import UserError
from shared_models.orders.events import CreditAccepted, OrderCancelled, OrderReserved, ReturnAccepted
from workers.mesh.actors import ActorSet, Attempt, Delivery, Policy
from workers.mesh.outcomes import Discard, RetryAfter, Snooze


@cache
def gateway() -> StripeGateway:
    """The process' way to Stripe."""
    return StripeGateway(StripeSettings())


async def _close() -> None:
    if gateway.cache_info().currsize:
        await gateway().close()


actors = ActorSet("billing", close=_close)

#: Attempts at reaching the processor: fifteen hours of them, ten minutes apart in the end. Stripe forgets an
#: idempotency key after a day; beyond that, trying again could charge twice.
_OUTSIDE = Policy(max_attempts=100)

#: How long a refund waits for the payment it is of, before it goes to the dead letters.
_PATIENCE_SECONDS = 86_400.0


@actors.on_external(OrderReserved, policy=_OUTSIDE)
async def charge(attempt: Attempt, delivery: Delivery[OrderReserved]) -> None:
    """Charges an order whose stock is held; one that was paid elsewhere is only posted."""
    order = delivery.payload
    if service.processor_of(order.total, order.payment_method) is Processor.EXTERNAL:
        async with attempt.transaction() as session:
            payment = await _open(session, order)
            await service.settle_payment(session, payment.id, Accepted(order.payment_method))
        return
    async with attempt.reading() as session:
        payment = await _open(session, order)
    if payment.status is not PaymentStatus.PENDING:
        return  # the webhook was first
    outcome = await _answer(
        gateway().charge(
            Charge(payment.tenant_id, order.order_id, order.number, payment.id, order.total, order.payment_method),
            key=str(delivery.job_id),
        )
    )
    async with attempt.transaction() as session:
        await service.settle_payment(session, payment.id, outcome)


@actors.on_external(OrderCancelled, policy=_OUTSIDE)
async def refund_cancelled(attempt: Attempt, delivery: Delivery[OrderCancelled]) -> None:
    """Gives back what a cancelled order cost; the part of its returns is theirs to give back."""
    cancelled = delivery.payload
    async with attempt.reading() as session:
        payment = await _captured(session, cancelled.order_id, delivery)
        refund = await service.book_rest(
            session, payment.id, key=f"cancel:{cancelled.order_id}", at_most=cancelled.total
        )
    await _give_back(attempt, delivery, payment, refund)


@actors.on_external(ReturnAccepted, policy=_OUTSIDE)
async def refund_return(attempt: Attempt, delivery: Delivery[ReturnAccepted]) -> None:
    """Gives back the price of goods that came back."""
    returned = delivery.payload
    refund, refused = None, None
    async with attempt.reading() as session:
        payment = await _captured(session, returned.order_id, delivery)
        try:
            refund = await service.book_refund(
                session,
                payment.id,
                key=f"return:{returned.return_id}",
                amount=returned.amount,
                return_id=returned.return_id,
            )
        except UserError as error:
            refused = error.code
    if refused:
        async with attempt.transaction() as session:
            await service.refuse_return(session, payment, returned.return_id, returned.amount, refused)
    else:
        await _give_back(attempt, delivery, payment, refund)


@actors.performs_external(RefundPayment)
async def refund_payment(attempt: Attempt, delivery: Delivery[RefundPayment]) -> None:
    """Carries out a refund that somebody asked for."""
    async with attempt.reading() as session:
        payment, refund = await service.booked_refund(session, delivery.payload.refund_id)
    await _give_back(attempt, delivery, payment, refund)


@actors.on(CreditAccepted)
async def grant_credit(session: AsyncSession, delivery: Delivery[CreditAccepted]) -> None:
    """Credits the customer of a return whose sale is not on record."""
    accepted = delivery.payload
    await service.grant_credit(
        session, return_id=accepted.return_id, customer=accepted.customer, amount=accepted.amount
    )


async def _open(session: AsyncSession, order: OrderReserved) -> Payment:
    return await service.open_payment(
        session,
        order_id=order.order_id,
        number=order.number,
        amount=order.total,
        payment_method=order.payment_method,
    )


async def _captured(session: AsyncSession, order_id: UUID, delivery: Delivery[Any]) -> Payment:
    """The order's payment; as long as it is not captured, the job sleeps, ever longer, for a day at most."""
    try:
        return await service.captured_payment(session, order_id)
    except service.PaymentNotCaptured as error:
        waited = (datetime.now(UTC) - delivery.occurred_at).total_seconds()
        if waited > _PATIENCE_SECONDS:
            raise Discard(error.code, error.message) from error
        raise Snooze(min(max(0.2, waited / 4), 300.0), error.message) from error


async def _give_back(attempt: Attempt, delivery: Delivery[Any], payment: Payment, refund: Refund | None) -> None:
    if refund is None or refund.status is not RefundStatus.PENDING:
        return
    outcome: Outcome = Accepted(payment.processor_id or "")
    if payment.processor is Processor.STRIPE:
        order = Return(payment.tenant_id, payment.id, refund.id, payment.processor_id or "", refund.money)
        outcome = await _answer(gateway().refund(order, key=str(delivery.job_id)))
    async with attempt.transaction() as session:
        await service.settle_refund(session, payment.id, refund.id, outcome)


async def _answer(asking: Awaitable[Outcome]) -> Outcome:
    """The processor's answer; no answer yet is told to the mesh in its own words."""
    try:
        return await asking
    except ProcessorUnavailable as error:
        if error.retry_after is None:
            raise
        raise RetryAfter(error.retry_after, error.message) from error
