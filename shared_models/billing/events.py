"""What billing tells: money that came, went, or did not come."""

from typing import ClassVar
from uuid import UUID

from shared_models.kernel.events import Event
from shared_models.kernel.money import Money


class BillingEvent(Event, frozen=True):
    """Base of the events of billing."""

    domain: ClassVar[str] = "billing"


class PaymentCaptured(BillingEvent, frozen=True):
    """An order's money is ours."""

    payment_id: UUID
    order_id: UUID
    amount: Money
    processor_id: str


class PaymentFailed(BillingEvent, frozen=True):
    """The processor declined, for good. `reason` is its code, such as `card_declined`."""

    payment_id: UUID
    order_id: UUID
    reason: str


class PaymentRefunded(BillingEvent, frozen=True):
    """Money went back to the payer. `return_id` is that of the return that asked for it, if one did."""

    refund_id: UUID
    payment_id: UUID
    order_id: UUID
    amount: Money
    return_id: UUID | None = None


class CreditGranted(BillingEvent, frozen=True):
    """A customer was credited for goods whose sale is not on record."""

    credit_id: UUID
    return_id: UUID
    customer: str
    amount: Money


class RefundFailed(BillingEvent, frozen=True):
    """The processor would not return the money; the amount is free to be refunded again. `reason` is its code."""

    refund_id: UUID
    payment_id: UUID
    order_id: UUID
    amount: Money
    reason: str
    return_id: UUID | None = None
