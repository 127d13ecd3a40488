"""What people do to jobs: cancel them, replay dead letters, pause queues. Each leaves an intervention that says who.

Each function is one step in the session's transaction, over a bounded number of jobs. Over a domain's own role it
reaches the jobs of the session's tenant alone; over the relay's role those of every tenant, unless the filter names
one. Queues are paused over the relay's role. Who intervenes is the actor of the session's scope.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, LiteralString
from uuid import UUID

import msgspec
import psycopg
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.database import MESH_TOUCHED, driver_of, scope_of
from shared_models.kernel.ids import new_id
from shared_models.kernel.job_state import JobState
from shared_models.kernel.tenancy import Lane

#: The most jobs that one step may touch. Whoever wants more takes another step, in a transaction of its own.
LARGEST_STEP = 1000


class Action(StrEnum):
    """What was done."""

    CANCEL = "cancel"
    REPLAY = "replay"
    PAUSE = "pause"
    RESUME = "resume"


class JobFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which jobs: those of which all holds that is said here. Nothing said: all that the session may see."""

    ids: Sequence[UUID] | None = None
    tenant_id: UUID | None = None
    batch_id: UUID | None = None
    name: str | None = None
    queue: str | None = None
    lane: Lane | None = None
    error_code: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    finished_after: datetime | None = None
    finished_before: datetime | None = None


class TouchedJob(msgspec.Struct, frozen=True):
    """A job that a step touched, and the state in which it left it."""

    id: UUID
    tenant_id: UUID | None
    state: JobState


class Step(msgspec.Struct, frozen=True):
    """What one step did. `more`: it looked at as many as it might, so there may be others."""

    jobs: list[TouchedJob]
    more: bool


class PausedQueue(msgspec.Struct, frozen=True):
    """A queue of which nothing is claimed, since when, and who paused it."""

    queue: str
    paused_at: datetime
    paused_by: UUID | None


_CONDITIONS: dict[str, LiteralString] = {
    "ids": "id = ANY(%(ids)s)",
    "tenant_id": "tenant_id = %(tenant_id)s",
    "batch_id": "batch_id = %(batch_id)s",
    "name": "name = %(name)s",
    "queue": "queue = %(queue)s",
    "lane": "lane = %(lane)s",
    "error_code": "error ->> 'code' = %(error_code)s",
    "created_after": "created_at >= %(created_after)s",
    "created_before": "created_at < %(created_before)s",
    "finished_after": "finished_at >= %(finished_after)s",
    "finished_before": "finished_at < %(finished_before)s",
}

# What has not started is cancelled at once: its worker, if it is on the way to one, finds nothing to start. What runs
# is broken off by its worker, which looks at every heartbeat; should it end before that, it has ended well.
#: Which jobs can be cancelled, and what is set to do so.
CANCELLABLE: LiteralString = (
    "(state IN ('blocked', 'queued', 'dispatched') OR state = 'running' AND cancel_requested_at IS NULL)"
)
CANCELLING: LiteralString = """
    state = CASE state WHEN 'running' THEN state ELSE 'cancelled' END,
    finished_at = CASE state WHEN 'running' THEN NULL ELSE now() END,
    lease_token = CASE state WHEN 'running' THEN lease_token END,
    lease_until = CASE state WHEN 'running' THEN lease_until END,
    cancel_requested_at = now()
"""

_CANCEL = f"""
WITH chosen AS (
    SELECT id FROM job WHERE {CANCELLABLE} AND {{conditions}} ORDER BY id LIMIT %(limit)s FOR UPDATE
)
UPDATE job SET {CANCELLING}, intervention = %(intervention)s
FROM chosen WHERE job.id = chosen.id
RETURNING job.id, job.tenant_id, job.state, (SELECT count(*) FROM chosen)
"""

# Of equal ones under a unique key one is replayed, and none while another waits or runs.
_REPLAY = """
WITH chosen AS (
    SELECT id, unique_key FROM job
    WHERE state = 'dead' AND {conditions} AND NOT EXISTS (
        SELECT FROM job AS other WHERE other.unique_key = job.unique_key
        AND other.state IN ('blocked', 'queued', 'dispatched', 'running')
    )
    ORDER BY finished_at, id LIMIT %(limit)s FOR UPDATE
), first AS (
    SELECT DISTINCT ON (COALESCE(unique_key, id::text)) id FROM chosen ORDER BY COALESCE(unique_key, id::text), id
)
UPDATE job SET
    state = 'queued', run_at = now(), attempt = 0, crashes = 0, progress = NULL, finished_at = NULL,
    cancel_requested_at = NULL, intervention = %(intervention)s
FROM first WHERE job.id = first.id
RETURNING job.id, job.tenant_id, job.state, (SELECT count(*) FROM chosen)
"""

_PAUSE = """
INSERT INTO queue_pause (queue, paused_by) VALUES (%(queue)s, %(by)s) ON CONFLICT DO NOTHING RETURNING queue
"""
_RESUME = "DELETE FROM queue_pause WHERE queue = %(queue)s RETURNING queue"
_PAUSED = "SELECT queue, paused_at, paused_by FROM queue_pause ORDER BY queue"

_INTERVENE = """
INSERT INTO intervention (id, tenant_id, actor_id, action, subject, jobs)
VALUES (%(id)s, %(tenant_id)s, %(actor_id)s, %(action)s, %(subject)s::jsonb, %(jobs)s)
"""

#: How often a replay is tried again that met the unique key of a job enqueued at the same moment.
_REPLAY_TRIES = 3


async def cancel(session: AsyncSession, which: JobFilter, *, limit: int = LARGEST_STEP) -> Step:
    """Cancels jobs that have not ended: at once those that wait, within about two seconds those that run.

    A job that runs is left `running` with its `cancel_requested_at`; it then ends as `cancelled`, or as `done` when it
    was quicker. With `batch_id`, a batch: what awaits the batch then runs or is cancelled as was chosen at its start.
    """
    return await _step(session, _CANCEL, Action.CANCEL, which, limit)


async def replay(session: AsyncSession, which: JobFilter, *, limit: int = LARGEST_STEP) -> Step:
    """Queues dead letters anew, oldest first, as if they had never been tried; under the id that they had.

    One whose unique key a waiting or running job holds stays dead.
    """
    for _ in range(_REPLAY_TRIES - 1):
        try:
            async with driver_of(session).transaction():
                return await _step(session, _REPLAY, Action.REPLAY, which, limit)
        except psycopg.errors.UniqueViolation:
            continue
    return await _step(session, _REPLAY, Action.REPLAY, which, limit)


async def pause(session: AsyncSession, queue: str) -> bool:
    """Pauses a queue of the session's domain: what runs goes on, nothing is claimed. False: it was paused already."""
    return await _switch(session, _PAUSE, Action.PAUSE, queue)


async def resume(session: AsyncSession, queue: str) -> bool:
    """Resumes a queue; False: it was not paused."""
    return await _switch(session, _RESUME, Action.RESUME, queue)


async def paused(session: AsyncSession) -> list[PausedQueue]:
    """The queues of the session's domain that are paused."""
    rows = await (await driver_of(session).execute(_PAUSED.encode())).fetchall()
    return [PausedQueue(*row) for row in rows]


async def _step(session: AsyncSession, statement: str, action: Action, which: JobFilter, limit: int) -> Step:
    said = {field: value for field, value in msgspec.structs.asdict(which).items() if value is not None}
    limit = max(1, min(limit, LARGEST_STEP))
    intervention = new_id()
    conditions = " AND ".join(_CONDITIONS[field] for field in said) or "true"
    values = said | {"limit": limit, "intervention": intervention}
    if which.ids is not None:
        values["ids"] = list(which.ids)
    cursor = await driver_of(session).execute(statement.format(conditions=conditions).encode(), values)
    rows = await cursor.fetchall()
    jobs = [TouchedJob(id, tenant_id, JobState(state)) for id, tenant_id, state, _ in rows]
    if jobs:
        session.info[MESH_TOUCHED] = True
        await _record(session, intervention, action, which, len(jobs))
    return Step(jobs, more=any(chosen == limit for *_, chosen in rows))


async def _switch(session: AsyncSession, statement: str, action: Action, queue: str) -> bool:
    values = {"queue": queue, "by": scope_of(session).actor_id}
    changed = bool(await (await driver_of(session).execute(statement.encode(), values)).fetchall())
    if changed:
        session.info[MESH_TOUCHED] = True
        await _record(session, new_id(), action, JobFilter(queue=queue), 0)
    return changed


async def _record(session: AsyncSession, id: UUID, action: Action, subject: JobFilter, jobs: int) -> None:
    scope = scope_of(session)
    values: dict[str, Any] = {
        "id": id,
        "tenant_id": scope.tenant_id,
        "actor_id": scope.actor_id,
        "action": action,
        "subject": msgspec.json.encode(subject).decode(),
        "jobs": jobs,
    }
    await driver_of(session).execute(_INTERVENE.encode(), values)
