"""The jobs of all domains at once: one question to each database, at the same time, whatever is asked for.

Whoever intervenes does so in one database after the other. They are logged with the jobs they touched as soon as that
is committed; the mesh keeps a record of it beside the jobs.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import structlog
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.jobs import repository
from shared_models.jobs.models import JobRecord, Operator, Position, QueueRecord, Wanted
from shared_models.kernel import job_control
from shared_models.kernel.database import RELAY_ROLE, Database, database_url
from shared_models.kernel.errors import Forbidden, UserError
from shared_models.kernel.job_changes import JobChanges
from shared_models.kernel.job_control import LARGEST_STEP, Action, JobFilter, Step, TouchedJob
from shared_models.kernel.job_state import JobState
from shared_models.kernel.nudge import Nudge
from shared_models.kernel.settings import KernelSettings

log = structlog.get_logger()

T = TypeVar("T")

#: Ids in one line of the log. How many there were is said beside them, and the mesh's own record has them all.
_MOST_LOGGED = 100
_MAX_QUEUE_NAME = 200

_STEPS: Mapping[Action, Callable[[AsyncSession, JobFilter], Awaitable[Step]]] = {
    Action.CANCEL: job_control.cancel,
    Action.REPLAY: job_control.replay,
}


class Intervened(msgspec.Struct, frozen=True):
    """What an intervention touched. `more`: it was as much as one step may, and there may be others."""

    jobs: list[TouchedJob]
    more: bool


class Board:
    """Looks into the mesh of every domain, and acts there for an operator.

    Each function takes who it is for, and shows and touches what they may see.
    """

    def __init__(self, settings: KernelSettings, domains: Iterable[str], redis: Redis) -> None:
        nudge = Nudge(redis)
        self._databases = {
            domain: Database(domain, database_url(settings, domain, role=RELAY_ROLE), pool_size=2, on_commit=nudge)
            for domain in domains
        }
        self._changes = JobChanges(redis)

    @property
    def domains(self) -> list[str]:
        """The domains that there are."""
        return list(self._databases)

    async def close(self) -> None:
        """Says what has changed and has not been said, and closes every connection."""
        await self._changes.close()
        await asyncio.gather(*(database.close() for database in self._databases.values()))

    # --- looking

    async def find(self, operator: Operator, ids: Sequence[UUID]) -> dict[UUID, JobRecord]:
        """Jobs by id, those that there are."""

        async def read(session: AsyncSession, domain: str) -> list[JobRecord]:
            return await repository.jobs_by_id(session, domain, operator, ids)

        return {found.id: found for jobs in await self._everywhere(operator, read) for found in jobs}

    async def arguments(
        self, operator: Operator, ids: Sequence[UUID], most_bytes: int | None = None
    ) -> dict[UUID, Any]:
        """What jobs were given, by id, without what is secret or personal; not that of more than `most_bytes`."""

        async def read(session: AsyncSession, domain: str) -> dict[UUID, Any]:
            return await repository.arguments(session, operator, ids, most_bytes)

        return {id: given for found in await self._everywhere(operator, read) for id, given in found.items()}

    async def list_jobs(
        self, operator: Operator, wanted: Wanted, after: Position | None, limit: int
    ) -> list[JobRecord]:
        """Jobs as wanted, newest first, from behind `after` on. Raises `UserError` UNKNOWN_DOMAIN."""

        async def read(session: AsyncSession, domain: str) -> list[JobRecord]:
            return await repository.list_jobs(session, domain, operator, wanted, after, limit)

        jobs = [found for jobs in await self._everywhere(operator, read, wanted.domain) for found in jobs]
        jobs.sort(key=lambda found: (found.created_at, found.id), reverse=True)
        return jobs[:limit]

    async def count(self, operator: Operator, wanted: Wanted) -> int:
        """How many jobs are as wanted. Raises `UserError` UNKNOWN_DOMAIN."""

        async def read(session: AsyncSession, domain: str) -> int:
            return await repository.count_jobs(session, operator, wanted)

        return sum(await self._everywhere(operator, read, wanted.domain))

    async def queues(self, operator: Operator, domain: str | None = None) -> list[QueueRecord]:
        """The queues of all domains, or of one. Raises `UserError` UNKNOWN_DOMAIN."""

        async def read(session: AsyncSession, domain: str) -> list[QueueRecord]:
            return await repository.queues(session, domain, operator)

        return [queue for queues in await self._everywhere(operator, read, domain) for queue in queues]

    # --- intervening

    async def retry(self, operator: Operator, ids: Sequence[UUID]) -> dict[UUID, JobRecord]:
        """Queues dead letters anew; what has become of each, by id.

        Raises `UserError` TOO_MANY_JOBS, NOT_FOUND, and NOT_DEAD where one is no dead letter; then none is touched.
        ALREADY_QUEUED where an equal job, of the same unique key, waits or runs; then that one alone stays dead.
        """
        found = await self._all_of(operator, ids)
        for job in found.values():
            if job.state is not JobState.DEAD:
                message = f"Only dead letters can be tried again; this job is {job.state}."
                raise UserError("NOT_DEAD", message, ["id"], job_id=job.id)
        await self._by_id(operator, found.values(), Action.REPLAY)
        after = await self.find(operator, ids)
        for job in after.values():
            if job.state is JobState.DEAD and job.finished_at == found[job.id].finished_at:
                message = "An equal job, of the same unique key, waits or runs already."
                raise UserError("ALREADY_QUEUED", message, ["id"], job_id=job.id)
        return after

    async def cancel(self, operator: Operator, ids: Sequence[UUID]) -> dict[UUID, JobRecord]:
        """Cancels jobs; one that runs is asked to stop. What has become of each, by id.

        Raises `UserError` TOO_MANY_JOBS, NOT_FOUND, and ALREADY_ENDED where one has ended otherwise; then none is
        touched.
        """
        found = await self._all_of(operator, ids)
        for job in found.values():
            if job.state in (JobState.DONE, JobState.DEAD):
                raise UserError("ALREADY_ENDED", f"The job has ended: it is {job.state}.", ["id"], job_id=job.id)
        await self._by_id(operator, found.values(), Action.CANCEL)
        return await self.find(operator, ids)

    async def replay(self, operator: Operator, wanted: Wanted) -> Intervened:
        """Queues the dead letters among what is wanted anew, oldest first, in each domain as many as one step may.

        Raises `UserError` UNKNOWN_DOMAIN.
        """
        domains = self._named(wanted.domain)
        if operator.tenant_id is not None and wanted.tenant_id not in (None, operator.tenant_id):
            return Intervened([], more=False)  # of another tenant's jobs they see none
        which = JobFilter(
            tenant_id=operator.tenant_id or wanted.tenant_id,
            queue=wanted.queue,
            name=wanted.name,
            lane=wanted.lane,
            error_code=wanted.error_code,
            created_after=wanted.since,
            finished_after=wanted.ended_since,
        )
        steps = [await self._step(operator, domain, Action.REPLAY, which) for domain in domains]
        return Intervened([job for step in steps for job in step.jobs], any(step.more for step in steps))

    async def pause(self, operator: Operator, domain: str, queue: str) -> list[QueueRecord]:
        """Pauses a queue of a domain for all tenants; the queue as it is then, by lane. Pausing twice is pausing once.

        Raises `Forbidden` for operators of a tenant, `UserError` UNKNOWN_DOMAIN, INVALID_QUEUE and UNKNOWN_QUEUE.
        """
        return await self._switch(operator, domain, queue, job_control.pause, Action.PAUSE)

    async def resume(self, operator: Operator, domain: str, queue: str) -> list[QueueRecord]:
        """Resumes a queue; raises as `pause` does."""
        return await self._switch(operator, domain, queue, job_control.resume, Action.RESUME)

    async def _switch(
        self,
        operator: Operator,
        domain: str,
        queue: str,
        switch: Callable[[AsyncSession, str], Awaitable[bool]],
        action: Action,
    ) -> list[QueueRecord]:
        if operator.tenant_id is not None:
            raise Forbidden("A queue holds jobs of all tenants: only the platform's own operators pause and resume it.")
        if not queue or len(queue) > _MAX_QUEUE_NAME or "\x00" in queue:
            raise UserError("INVALID_QUEUE", f"A queue's name has 1 to {_MAX_QUEUE_NAME} characters.", ["queue"])
        (domain,) = self._named(domain)
        async with self._transaction(operator, domain) as session:
            if not await repository.is_queue(session, queue):
                message = f"{domain} has no queue {queue!r}: no worker has actors for it, and no job is in it."
                raise UserError("UNKNOWN_QUEUE", message, ["queue"])
            changed = await switch(session, queue)
        log.info(f"jobs.{action}", by=operator.name, domain=domain, queue=queue, changed=changed)
        return [found for found in await self.queues(operator, domain) if found.name == queue]

    async def _all_of(self, operator: Operator, ids: Sequence[UUID]) -> dict[UUID, JobRecord]:
        if len(ids) > LARGEST_STEP:
            raise UserError("TOO_MANY_JOBS", f"At most {LARGEST_STEP} jobs at once, not {len(ids)}.", ["id"])
        found = await self.find(operator, ids)
        for id in ids:
            if id not in found:
                raise UserError("NOT_FOUND", f"There is no job {id}.", ["id"], job_id=id)
        return found

    async def _by_id(self, operator: Operator, jobs: Iterable[JobRecord], action: Action) -> None:
        by_domain: defaultdict[str, list[UUID]] = defaultdict(list)
        for job in jobs:
            by_domain[job.domain].append(job.id)
        for domain, ids in by_domain.items():
            await self._step(operator, domain, action, JobFilter(ids=ids, tenant_id=operator.tenant_id))

    async def _step(self, operator: Operator, domain: str, action: Action, which: JobFilter) -> Step:
        async with self._transaction(operator, domain) as session:
            step = await _STEPS[action](session, which)
        self._tell(operator, domain, action, step.jobs)
        return step

    def _tell(self, operator: Operator, domain: str, action: Action, jobs: Sequence[TouchedJob]) -> None:
        """Writes who did what into the log, and lets those know who watch the jobs."""
        if not jobs:
            return
        ids = [str(job.id) for job in jobs[:_MOST_LOGGED]]
        log.info(f"jobs.{action}", by=operator.name, domain=domain, count=len(jobs), jobs=ids)
        for job in jobs:
            self._changes.tell(job.tenant_id, [job.id])

    # --- where

    async def _everywhere(
        self, operator: Operator, ask: Callable[[AsyncSession, str], Awaitable[T]], domain: str | None = None
    ) -> list[T]:
        async def one(domain: str) -> T:
            async with self._transaction(operator, domain) as session:
                return await ask(session, domain)

        return await asyncio.gather(*(one(name) for name in self._named(domain)))

    def _named(self, domain: str | None) -> list[str]:
        if domain is None:
            return self.domains
        if domain not in self._databases:
            raise UserError("UNKNOWN_DOMAIN", f"There is no domain {domain!r}.", ["domain"])
        return [domain]

    def _transaction(self, operator: Operator, domain: str) -> AbstractAsyncContextManager[AsyncSession]:
        return self._databases[domain].transaction(operator.scope())
