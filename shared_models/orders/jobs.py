"""The jobs of orders."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from shared_models.kernel.jobs import Job
from shared_models.kernel.tenancy import Lane


class ImportInvoice(Job, frozen=True):
    """Place the order of one invoice of a file."""

    domain: ClassVar[str] = "orders"
    lane: ClassVar[Lane | None] = Lane.BULK

    import_id: UUID
    number: str


class ImportCancellations(Job, frozen=True):
    """Once all sales of a file are settled, enqueue its cancellations."""

    domain: ClassVar[str] = "orders"
    lane: ClassVar[Lane | None] = Lane.BULK

    import_id: UUID


class ImportCancellation(Job, frozen=True):
    """Take back the goods of one cancellation of a file."""

    domain: ClassVar[str] = "orders"
    lane: ClassVar[Lane | None] = Lane.BULK

    import_id: UUID
    number: str
