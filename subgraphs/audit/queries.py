"""What may be asked of the log, by owners and auditors."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import strawberry

from shared_models.audit import repository, service
from shared_models.audit.repository import LogFilter
from shared_models.kernel.errors import BadInput
from shared_models.kernel.identity import Role
from shared_models.kernel.ids import parse_id
from shared_models.kernel.pagination import page_of, page_size
from subgraphs.audit.types import AuditEntry, ChainVerification, cursor_of, sequence_of
from subgraphs.edge.connections import Connection, connection
from subgraphs.edge.context import Info

_MAX_ACTION = 200


@strawberry.input(description="What is left out does not restrict.")
class AuditLogFilter:
    """A filter of the log."""

    action: str | None = strawberry.field(default=None, description="An event's name, such as `orders.OrderPlaced`.")
    subject_id: strawberry.ID | None = strawberry.field(default=None, description="An id that the entry mentions.")
    actor_id: strawberry.ID | None = None
    since: datetime | None = strawberry.field(default=None, description="Happened then or later.")
    until: datetime | None = strawberry.field(default=None, description="Happened before.")


@strawberry.type
class Query:
    """Audit's root fields."""

    @strawberry.field
    async def audit_log(
        self, info: Info, filter: AuditLogFilter | None = None, first: int | None = None, after: str | None = None
    ) -> Connection[AuditEntry]:
        """The log, newest first."""
        context = info.context
        context.require(Role.AUDITOR)
        size, asked = page_size(first), _asked(filter or AuditLogFilter())
        async with context.transaction() as session:
            rows = await repository.log_before(session, asked, sequence_of(after) if after else None, size + 1)

        async def count() -> int:
            async with context.transaction() as session:
                return await repository.count_log(session, asked)

        return connection(page_of(rows, size, cursor_of), AuditEntry.of, count)

    @strawberry.field
    async def verify_audit_chain(self, info: Info) -> ChainVerification:
        """Recomputes the whole chain and holds it against its head."""
        info.context.require(Role.AUDITOR)
        async with info.context.transaction() as session:
            return ChainVerification.of(await service.verify(session))


def _asked(filter: AuditLogFilter) -> LogFilter:
    if filter.action is not None and len(filter.action) > _MAX_ACTION:
        raise BadInput(f"`action` has at most {_MAX_ACTION} characters.")
    return LogFilter(
        action=filter.action,
        subject_id=_id("subjectId", filter.subject_id),
        actor_id=_id("actorId", filter.actor_id),
        since=_moment(filter.since),
        until=_moment(filter.until),
    )


def _id(field: str, text: strawberry.ID | None) -> UUID | None:
    if text is None:
        return None
    if (id := parse_id(text)) is None:
        raise BadInput(f"`{field}` is not an id.")
    return id


def _moment(moment: datetime | None) -> datetime | None:
    """A time without a zone is meant as UTC."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
