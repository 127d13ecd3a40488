"""Jobs: work that a domain owes. Declared as a type, enqueued in the transaction that causes it."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from shared_models.kernel.tenancy import Lane


class Job(msgspec.Struct, frozen=True):
    """Base of every job; its fields are the arguments.

    The name on the wire is `<domain>.<ClassName>`. `lane` None: that of whoever enqueues it.
    """

    domain: ClassVar[str]
    lane: ClassVar[Lane | None] = None
    max_attempts: ClassVar[int] = 12

    @classmethod
    def name(cls) -> str:
        """The name under which its actor is found, such as `orders.ImportInvoice`."""
        return f"{cls.domain}.{cls.__name__}"
