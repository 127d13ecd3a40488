"""Jobs as they lie in the tables of a domain: written by a test, as it wants them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table, insert, text

from shared_models.kernel.database import RELAY_ROLE, Database, database_url
from shared_models.kernel.ids import new_id
from shared_models.kernel.job_state import JobState
from shared_models.kernel.mesh_tables import job, job_history, worker
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Lane, Scope

#: When the jobs of tests were created, unless a test says otherwise. Their history has a partition for the day.
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

_PARTITION = """
CREATE TABLE IF NOT EXISTS job_history_{day:%Y%m%d} PARTITION OF job_history
FOR VALUES FROM ('{day:%Y-%m-%d} 00:00Z') TO ('{next:%Y-%m-%d} 00:00Z')
"""


class JobRows:
    """Writes jobs into the databases of some domains, over the relay's role."""

    def __init__(self, settings: KernelSettings, *domains: str) -> None:
        self.domains = domains
        self._databases = {
            domain: Database(domain, database_url(settings, domain, role=RELAY_ROLE), pool_size=1) for domain in domains
        }

    async def add(self, domain: str, tenant_id: UUID | None, *, minute: int = 0, **columns: Any) -> UUID:
        """A job, `minute` minutes past noon; `columns` replace those it would have."""
        return await self._insert(job, domain, tenant_id, minute, columns)

    async def add_ended(self, domain: str, tenant_id: UUID | None, *, minute: int = 0, **columns: Any) -> UUID:
        """A job that has ended and lies in the history."""
        ended = {"state": JobState.DONE, "finished_at": NOON + timedelta(minutes=minute), **columns}
        day = ended["finished_at"].astimezone(UTC)
        async with self._databases[domain].transaction(Scope(None)) as session:
            await session.execute(text(_PARTITION.format(day=day, next=day + timedelta(days=1))))
        return await self._insert(job_history, domain, tenant_id, minute, ended)

    async def add_worker(self, domain: str, *queues: str) -> None:
        """A worker that has actors for some queues, and has not been seen for a while."""
        row = {"id": new_id(), "threads": 1, "lanes": [], "queues": list(queues), "seen_at": NOON - timedelta(days=1)}
        async with self._databases[domain].transaction(Scope(None)) as session:
            await session.execute(insert(worker).values(row))

    async def rows(self, domain: str, statement: str, **values: Any) -> list[Mapping[str, Any]]:
        """What a statement finds there."""
        async with self._databases[domain].transaction(Scope(None)) as session:
            return [dict(row) for row in (await session.execute(text(statement), values)).mappings()]

    async def change(self, domain: str, statement: str, **values: Any) -> None:
        """Executes a statement that changes something."""
        async with self._databases[domain].transaction(Scope(None)) as session:
            await session.execute(text(statement), values)

    async def close(self) -> None:
        """Closes the connections."""
        for database in self._databases.values():
            await database.close()

    async def _insert(
        self, table: Table, domain: str, tenant_id: UUID | None, minute: int, columns: Mapping[str, Any]
    ) -> UUID:
        row = {
            "id": new_id(),
            "tenant_id": tenant_id,
            "name": f"{domain}.Thing",
            "payload": {"number": "T-1", "secret": "not shown"},
            "trace": {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"},
            "lane": int(Lane.STANDARD),
            "max_attempts": 3,
            "created_at": NOON + timedelta(minutes=minute),
            **columns,
        }
        async with self._databases[domain].transaction(Scope(None)) as session:
            await session.execute(insert(table).values(row))
        return row["id"]
