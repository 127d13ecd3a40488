"""The mesh in a domain's tests: real databases, real leases and transactions, and everything when the test says so.

>>> async with MeshUnderTest(settings, [orders.actors, catalog.actors], Scope(tenant_id)) as mesh:
...     async with mesh.transaction("orders") as session:
...         await service.place(session, basket)
...     await mesh.assert_enqueued(OrderPlaced, number="T-1")
...     assert [ran.name for ran in await mesh.run_due()] == ["catalog.reserve_stock", "orders.mark_reserved"]
...     await mesh.pass_time(timedelta(hours=1))  # what was to be tried again in an hour is due now

There is no relay and no worker process: jobs run one after the other in the test's own event loop, those of one tenant
alone, so that tests may share databases. What an actor raises ends as it does in a worker: tried again later, snoozed
or dead, and the test sees which. What awaits a batch runs once the batch has ended.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

import msgspec
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.database import RELAY_ROLE, Database, database_url
from shared_models.kernel.events import Event
from shared_models.kernel.ids import new_id
from shared_models.kernel.job_state import JobState
from shared_models.kernel.jobs import Job
from shared_models.kernel.redis import connect
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Lane, Scope, Tier
from workers.mesh.actors import ActorSet
from workers.mesh.connection import MeshConnection
from workers.mesh.dispatch import Dispatch
from workers.mesh.execution import Executor
from workers.mesh.relay.release import Release
from workers.mesh.relay.shipping import ship
from workers.mesh.roster import Roster
from workers.mesh.settings import MeshSettings

P = TypeVar("P", Job, Event)

_CLAIM = """
UPDATE job SET
    state = 'dispatched', attempt = attempt + 1, lease_token = %(lease)s, lease_until = now() + interval '1 minute'
WHERE id = (
    SELECT id FROM job
    WHERE state = 'queued' AND run_at <= now() AND tenant_id IS NOT DISTINCT FROM %(tenant)s AND name = ANY(%(names)s)
    AND NOT EXISTS (
        SELECT FROM job AS older
        WHERE older.ordering_key = job.ordering_key AND older.state IN ('queued', 'dispatched', 'running')
        AND (older.created_at, older.id) < (job.created_at, job.id)
    )
    ORDER BY lane, run_at, created_at, id LIMIT 1
)
RETURNING id, name, lane, tier, trace, payload
"""
_ENDED = "SELECT state, attempt, error FROM job WHERE id = %(id)s"
_WAITING_JOBS = """
SELECT payload FROM job
WHERE name = %(name)s AND tenant_id IS NOT DISTINCT FROM %(tenant)s AND state NOT IN ('done', 'dead', 'cancelled')
ORDER BY created_at, id
"""
_WAITING_EVENTS = """
SELECT payload FROM outbox WHERE name = %(name)s AND tenant_id IS NOT DISTINCT FROM %(tenant)s ORDER BY id
"""
_BRING_NEARER = """
UPDATE job SET run_at = run_at - %(time)s WHERE state = 'queued' AND tenant_id IS NOT DISTINCT FROM %(tenant)s
"""

#: Jobs that one call may run: work that makes work without end is a mistake of the test, or of the domain.
MOST_JOBS = 10_000


class RanJob(msgspec.Struct, frozen=True):
    """A job that was run, and the state in which that left it: `queued` is to be tried again."""

    id: UUID
    name: str
    state: JobState
    attempt: int
    error: dict[str, Any] | None


class MeshUnderTest:
    """The domains of some actors, for one tenant. An async context manager."""

    def __init__(self, settings: KernelSettings, actor_sets: Sequence[ActorSet], scope: Scope) -> None:
        self.scope = scope
        self._roster = Roster(actor_sets)
        self._databases = {
            domain: Database(domain, database_url(settings, domain), pool_size=3) for domain in self._roster.domains
        }
        self._connections = {
            domain: MeshConnection(domain, database_url(settings, domain, role=RELAY_ROLE))
            for domain in self._roster.domains
        }
        self._redis: Redis = connect(settings.redis_url)
        self._executor = Executor(new_id(), self._databases, self._connections, MeshSettings())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._executor.close()
        for database in self._databases.values():
            await database.close()
        for connection in self._connections.values():
            await connection.close()
        await self._redis.aclose()

    @asynccontextmanager
    async def transaction(self, domain: str) -> AsyncIterator[AsyncSession]:
        """A transaction of the tenant, as the domain's own code has them."""
        async with self._databases[domain].transaction(self.scope) as session:
            yield session

    async def run_due(self, most: int = MOST_JOBS) -> list[RanJob]:
        """Delivers what was emitted and runs what is due, and what that causes, until nothing is due any more.

        Raises AssertionError where that does not come to an end after `most` jobs.
        """
        ran: list[RanJob] = []
        while True:
            await self._ship()
            found = [job for domain in self._roster.domains if (job := await self._run_one(domain)) is not None]
            if not found and not await self._released():
                return ran
            ran.extend(found)
            if len(ran) > most:
                raise AssertionError(
                    f"{len(ran)} jobs have run, and there are more: {sorted({job.name for job in ran})}"
                )

    async def pass_time(self, time: timedelta) -> None:
        """Brings nearer what is to run later: retries, snoozes and delayed jobs."""
        for connection in self._connections.values():
            await connection.rows(_BRING_NEARER, {"time": time, "tenant": self.scope.tenant_id})

    async def enqueued(self, kind: type[P]) -> list[P]:
        """The jobs of a type that have not ended; the events of a type that have not been delivered."""
        statement = _WAITING_EVENTS if issubclass(kind, Event) else _WAITING_JOBS
        rows = await self._connections[kind.domain].rows(
            statement, {"name": kind.name(), "tenant": self.scope.tenant_id}
        )
        return [msgspec.json.decode(row.payload, type=kind) for row in rows]

    async def assert_enqueued(self, kind: type[P], **fields: Any) -> P:
        """The one job (or event) of a type whose fields are these. Raises AssertionError where there is not one."""
        waiting = await self.enqueued(kind)
        found = [item for item in waiting if all(getattr(item, name) == value for name, value in fields.items())]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} of {kind.name()} with {fields}, among {waiting}")
        return found[0]

    async def _ship(self) -> None:
        for connection in self._connections.values():
            # Whoever else has declared itself in these databases is not part of the test.
            while (await ship(connection, self._connections, self._roster, self._redis, subscriber_seconds=0)).events:
                continue

    async def _released(self) -> bool:
        """Lets go what awaits a batch that has ended; tells whether there was any."""
        changed: list[UUID] = []
        for connection in self._connections.values():
            await Release(connection, lambda: None, lambda _, jobs: changed.extend(jobs)).attend()
        return bool(changed)

    async def _run_one(self, domain: str) -> RanJob | None:
        lease = new_id()
        names = [name for name, actor in self._roster.actors.items() if actor.domain == domain]
        claimed = await self._connections[domain].rows(
            _CLAIM, {"lease": lease, "tenant": self.scope.tenant_id, "names": names}
        )
        if not claimed:
            return None
        (job,) = claimed
        dispatch = Dispatch(
            domain=domain,
            actor=job.name,
            lane=Lane(job.lane),
            lease=lease,
            jobs=(job.id,),
            tenant_id=self.scope.tenant_id,
            traces=(msgspec.json.decode(job.trace),),
            tier=Tier(job.tier),
        )
        await self._executor.run(self._roster.actors[job.name], dispatch)
        (ended,) = await self._connections[domain].rows(_ENDED, {"id": job.id})
        error = msgspec.json.decode(ended.error) if ended.error is not None else None
        return RanJob(job.id, job.name, JobState(ended.state), ended.attempt, error)
