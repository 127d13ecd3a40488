"""What billing does with money: charge an order once, give back no more than was paid, post each movement once.

Nothing here commits, and nothing here talks to a processor: what it answered comes in as an `Outcome`.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

import observability
from shared_models.billing import ledger, repository
from shared_models.billing.events import CreditGranted, PaymentCaptured, PaymentFailed, PaymentRefunded, RefundFailed
from shared_models.billing.jobs import RefundPayment
from shared_models.billing.ledger import Account
from shared_models.billing.models import Payment, PaymentStatus, Processor, Refund, RefundStatus
from shared_models.billing.processing import Accepted, Declined, Outcome
from shared_models.kernel.database import scope_of
from shared_models.kernel.errors import TrellisError, UserError
from shared_models.kernel.ids import derived_id
from shared_models.kernel.mesh import emit, enqueue
from shared_models.kernel.money import Money

#: A payment method that begins so was used where the order was placed: `external:shopify`.
EXTERNAL = "external:"

_CLEARING = {
    Processor.STRIPE: Account.PROCESSOR_CLEARING,
    Processor.EXTERNAL: Account.EXTERNAL_CLEARING,
}


class PaymentNotCaptured(TrellisError):
    """There is nothing to give back yet: the payment is unknown here, or the processor has not answered."""

    code = "PAYMENT_NOT_CAPTURED"


# --- payments


async def open_payment(
    session: AsyncSession, *, order_id: UUID, number: str, amount: Money, payment_method: str
) -> Payment:
    """The payment of an order, PENDING if it is new; one more attempt at it is counted."""
    scope = scope_of(session)
    return await repository.open_payment(
        session,
        {
            "order_id": order_id,
            "order_number": number,
            "amount": amount.amount,
            "currency": amount.currency,
            "status": PaymentStatus.PENDING,
            "processor": processor_of(amount, payment_method),
            "lane": int(scope.lane),
            "actor_id": scope.actor_id,
            "trace": observability.trace_context(),
        },
    )


def processor_of(amount: Money, payment_method: str) -> Processor:
    """Who moves the money. Where there is none to move, no processor is asked."""
    return Processor.EXTERNAL if payment_method.startswith(EXTERNAL) or amount.amount == 0 else Processor.STRIPE


async def settle_payment(session: AsyncSession, payment_id: UUID, outcome: Outcome) -> None:
    """Records the processor's answer, once: whoever comes second, actor or webhook, changes nothing."""
    if isinstance(outcome, Accepted):
        await _capture(session, payment_id, outcome)
    elif isinstance(outcome, Declined):
        failed = await repository.settle_payment(
            session,
            payment_id,
            PaymentStatus.FAILED,
            processor_id=outcome.processor_id,
            failure_code=outcome.code,
        )
        if failed:
            await emit(session, PaymentFailed(failed.id, failed.order_id, outcome.code))
    else:
        await repository.note_processor_id(session, payment_id, outcome.processor_id)


async def _capture(session: AsyncSession, payment_id: UUID, accepted: Accepted) -> None:
    payment = await repository.settle_payment(
        session, payment_id, PaymentStatus.CAPTURED, processor_id=accepted.processor_id
    )
    if payment is None:
        return
    if payment.amount > 0:
        await repository.post(session, ledger.capture(payment.id, payment.money, _CLEARING[payment.processor]))
    await repository.insert_invoice(session, payment.order_id, payment.id)
    await emit(session, PaymentCaptured(payment.id, payment.order_id, payment.money, accepted.processor_id))


# --- refunds


async def captured_payment(session: AsyncSession, order_id: UUID) -> Payment:
    """The order's payment, if there is money to give back; raises `PaymentNotCaptured` as long as there is none."""
    payment = (await repository.payments_by_order(session, [order_id])).get(order_id)
    if payment is None or not payment.captured:
        status = payment.status if payment else None
        raise PaymentNotCaptured("The order's payment is not captured.", order_id=order_id, status=status)
    return payment


async def book_rest(session: AsyncSession, payment_id: UUID, *, key: str, at_most: Money) -> Refund | None:
    """Sets aside what is left of a payment, up to `at_most`; None when that is nothing. Raises as `book_refund` does.

    What is beyond `at_most` is some other refund's, which may not have been booked yet.
    """
    payment = await repository.lock_payment(session, payment_id)
    if payment is None or await repository.refund_by_key(session, key):
        return await book_refund(session, payment_id, key=key)
    left = payment.amount - await repository.amount_claimed(session, payment_id)
    rest = min(left, at_most.amount)
    return await book_refund(session, payment_id, key=key, amount=Money(rest, at_most.currency)) if rest > 0 else None


async def book_refund(
    session: AsyncSession, payment_id: UUID, *, key: str, amount: Money | None = None, return_id: UUID | None = None
) -> Refund | None:
    """Sets `amount` aside to be given back, as a PENDING refund; without an amount, all that is left.

    The same key gives the same refund. None: all was given back before, and all that is left was asked for.
    Raises `UserError` PAYMENT_NOT_FOUND, PAYMENT_NOT_CAPTURED, CURRENCY_MISMATCH, AMOUNT_NOT_POSITIVE,
    REFUND_EXCEEDS_PAYMENT or IDEMPOTENCY_KEY_REUSED.
    """
    # The lock makes refunds of one payment take turns, so that together they never exceed it.
    payment = await repository.lock_payment(session, payment_id)
    if payment is None:
        raise UserError("PAYMENT_NOT_FOUND", "There is no such payment.", ["paymentId"])
    if earlier := await repository.refund_by_key(session, key):
        if earlier.payment_id != payment_id or (amount and earlier.money != amount):
            raise UserError("IDEMPOTENCY_KEY_REUSED", "The key was used for another refund.", ["idempotencyKey"])
        return earlier
    if not payment.captured:
        raise UserError("PAYMENT_NOT_CAPTURED", f"The payment is {payment.status}.", ["paymentId"])
    left = payment.amount - await repository.amount_claimed(session, payment.id)
    if amount is None and left == 0:
        return None
    asked = amount or Money(left, payment.currency)
    _check_refundable(asked, left, payment.currency)
    return await repository.insert_refund(
        session,
        {
            "payment_id": payment.id,
            "request_key": key,
            "amount": asked.amount,
            "currency": asked.currency,
            "status": RefundStatus.PENDING,
            "return_id": return_id,
        },
    )


def _check_refundable(asked: Money, left: int, currency: str) -> None:
    if asked.currency != currency:
        raise UserError("CURRENCY_MISMATCH", f"The payment is in {currency}.", ["amount", "currency"])
    if asked.amount <= 0:
        raise UserError("AMOUNT_NOT_POSITIVE", "A refund gives back more than nothing.", ["amount", "amount"])
    if asked.amount > left:
        raise UserError(
            "REFUND_EXCEEDS_PAYMENT", f"Only {left} {currency} are left to refund.", ["amount", "amount"], left=left
        )


async def refuse_return(session: AsyncSession, payment: Payment, return_id: UUID, amount: Money, reason: str) -> None:
    """Tells that the money of a return will not go back: the payment does not hold it any more."""
    refund_id = derived_id("refused", return_id)
    await emit(session, RefundFailed(refund_id, payment.id, payment.order_id, amount, reason, return_id))


async def booked_refund(session: AsyncSession, refund_id: UUID) -> tuple[Payment, Refund]:
    """A refund and the payment it is of."""
    refund = await repository.refund_by_id(session, refund_id)
    if refund is None:
        raise LookupError(f"There is no refund {refund_id}.")
    return (await repository.payments_by_id(session, [refund.payment_id]))[refund.payment_id], refund


async def request_refund(session: AsyncSession, payment_id: UUID, *, amount: Money | None, key: str) -> Refund:
    """Books a refund that a person asked for, and the job that carries it out. Raises as `book_refund` does."""
    refund = await book_refund(session, payment_id, key=f"request:{key}", amount=amount)
    if refund is None:
        raise UserError("REFUND_EXCEEDS_PAYMENT", "Nothing is left to refund.", ["paymentId"], left=0)
    await enqueue(session, RefundPayment(refund.id), job_id=derived_id("refund", refund.id))
    return refund


async def settle_refund(session: AsyncSession, payment_id: UUID, refund_id: UUID, outcome: Outcome) -> None:
    """Records the processor's answer to a refund of the payment, once. An undecided one stays PENDING.

    Actor and webhook may come at once: both lock the payment before the refund, so neither waits in a circle.
    """
    payment = await repository.lock_payment(session, payment_id)
    if payment is None:
        raise LookupError(f"There is no payment {payment_id}.")
    if isinstance(outcome, Accepted):
        refund = await repository.settle_refund(
            session, refund_id, status=RefundStatus.SUCCEEDED, processor_id=outcome.processor_id
        )
        if refund is None:
            return
        await repository.add_refunded(session, payment.id, refund.amount)
        await repository.post(session, ledger.refund(refund.id, refund.money, _CLEARING[payment.processor]))
        await emit(
            session, PaymentRefunded(refund.id, payment.id, payment.order_id, refund.money, return_id=refund.return_id)
        )
    elif isinstance(outcome, Declined):
        failed = await repository.settle_refund(
            session,
            refund_id,
            status=RefundStatus.FAILED,
            processor_id=outcome.processor_id,
            failure_code=outcome.code,
        )
        if failed:
            await emit(
                session,
                RefundFailed(failed.id, payment.id, payment.order_id, failed.money, outcome.code, failed.return_id),
            )


# --- credits


async def grant_credit(session: AsyncSession, *, return_id: UUID, customer: str, amount: Money) -> None:
    """Credits a customer for a return, once."""
    credit = await repository.insert_credit(
        session,
        {"return_id": return_id, "customer": customer, "amount": amount.amount, "currency": amount.currency},
    )
    if credit:
        await repository.post(session, ledger.credit(credit.id, amount))
        await emit(session, CreditGranted(credit.id, return_id, customer, amount))
