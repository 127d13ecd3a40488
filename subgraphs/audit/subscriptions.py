"""The log as it grows."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import strawberry

from shared_models.audit import repository
from shared_models.kernel.identity import Role
from subgraphs.audit.types import AuditEntry
from subgraphs.edge.context import Info

_PAGE = 100


@strawberry.type
class Subscription:
    """Audit's subscriptions."""

    @strawberry.subscription
    async def audit_appended(self, info: Info) -> AsyncGenerator[AuditEntry, None]:
        """Each entry from now on, in order and without gaps: live events only say that there is more to read."""
        context = info.context
        identity = context.require(Role.AUDITOR)
        async with context.services.live.listen(identity.tenant_id) as events:
            async with context.transaction() as session:
                last = (await repository.head(session)).sequence
            while True:
                await events.get()
                more = True
                while more:
                    async with context.transaction() as session:
                        rows = await repository.entries_after(session, last, _PAGE)
                    for row in rows:
                        last = row.sequence
                        yield AuditEntry.of(row)
                    more = len(rows) == _PAGE
