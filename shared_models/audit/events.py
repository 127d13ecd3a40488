"""What audit tells: that its log has grown. Only listeners of the log itself want to know."""

from typing import ClassVar

from shared_models.kernel.events import Event


class AuditEvent(Event, frozen=True):
    """Base of the events of audit. The log does not record them: it would never come to rest."""

    domain: ClassVar[str] = "audit"


class EntriesAppended(AuditEvent, frozen=True):
    """The entries from `first` to `last` were appended to the tenant's chain, in one transaction."""

    first: int
    last: int
