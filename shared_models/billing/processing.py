"""What a payment processor may be asked and may answer: the words that the domain and its gateways share."""

from __future__ import annotations

from typing import TypeAlias
from uuid import UUID

import msgspec

from shared_models.kernel.errors import TrellisError
from shared_models.kernel.money import Money


class Charge(msgspec.Struct, frozen=True):
    """To take `amount` from the payer, by the method that `payment_method` names at the processor."""

    tenant_id: UUID
    order_id: UUID
    order_number: str
    payment_id: UUID
    amount: Money
    payment_method: str


class Return(msgspec.Struct, frozen=True):
    """To give `amount` back of what `processor_id` names at the processor."""

    tenant_id: UUID
    payment_id: UUID
    refund_id: UUID
    processor_id: str
    amount: Money


class Accepted(msgspec.Struct, frozen=True, tag=True):
    """It is done: the money has moved."""

    processor_id: str


class Declined(msgspec.Struct, frozen=True, tag=True):
    """It will not be done, however often we ask. `code` is the processor's reason."""

    code: str
    processor_id: str | None = None


class Undecided(msgspec.Struct, frozen=True):
    """The processor will tell by webhook."""

    processor_id: str


Outcome: TypeAlias = Accepted | Declined | Undecided


class ProcessorUnavailable(TrellisError):
    """No answer yet: ask again, with the same key. `retry_after` is in seconds, if the processor named a time."""

    code = "PAYMENT_PROCESSOR_UNAVAILABLE"

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
