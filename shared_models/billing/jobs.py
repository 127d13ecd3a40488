"""Jobs that billing owes itself."""

from typing import ClassVar
from uuid import UUID

from shared_models.kernel.jobs import Job


class BillingJob(Job, frozen=True):
    """Base of the jobs of billing."""

    domain: ClassVar[str] = "billing"


class RefundPayment(BillingJob, frozen=True):
    """Carry out a refund that has been booked."""

    refund_id: UUID
