"""What a domain says to the mesh, in its own transaction: `emit` an event, `enqueue` a job."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

import observability
from shared_models.kernel.database import BEFORE_COMMIT, MESH_TOUCHED, driver_of, scope_of
from shared_models.kernel.events import Event
from shared_models.kernel.ids import new_id
from shared_models.kernel.jobs import Job

#: Key of `session.info`: the rows of the outbox that its transaction will write.
_EMITTED = "emitted"

# One parameter for any number of rows: one statement to prepare, one round trip.
_EMIT = """
INSERT INTO outbox (id, tenant_id, actor_id, name, payload, lane, trace)
SELECT id, tenant_id, actor_id, name, payload, lane, trace FROM jsonb_to_recordset(%s::jsonb) AS emitted (
    id uuid, tenant_id uuid, actor_id uuid, name text, payload jsonb, lane smallint, trace jsonb
)
"""

_ENQUEUE = """
INSERT INTO job (id, tenant_id, actor_id, name, payload, lane, max_attempts, trace, run_at)
SELECT id, tenant_id, actor_id, name, payload, lane, max_attempts, trace, COALESCE(run_at, now())
FROM jsonb_to_recordset(%s::jsonb) AS enqueued (
    id uuid, tenant_id uuid, actor_id uuid, name text, payload jsonb, lane smallint, max_attempts smallint,
    trace jsonb, run_at timestamptz
)
ON CONFLICT (id) DO NOTHING
"""


async def emit(session: AsyncSession, *events: Event) -> None:
    """Records events: they commit or vanish with the change that they tell of, and are delivered after it.

    They are written together, when the transaction commits.
    """
    scope, trace = scope_of(session), observability.trace_context()
    rows = [
        {
            "id": new_id(),
            "tenant_id": scope.tenant_id,
            "actor_id": scope.actor_id,
            "name": event.name(),
            "payload": event,
            "lane": int(scope.lane),
            "trace": trace,
        }
        for event in events
    ]
    session.info.setdefault(_EMITTED, []).extend(rows)
    session.info[BEFORE_COMMIT] = _write_emitted


async def enqueue(
    session: AsyncSession, job: Job, *, job_id: UUID | None = None, run_at: datetime | None = None
) -> UUID:
    """Enqueues a job and returns its id.

    A `job_id` that exists already is left as it is: derive it from what the job is about, and asking
    twice is asking once. `run_at` None: as soon as a worker is free.
    """
    (enqueued,) = await enqueue_all(session, [(job, job_id or new_id())], run_at=run_at)
    return enqueued


async def enqueue_all(
    session: AsyncSession, jobs: Iterable[tuple[Job, UUID]], *, run_at: datetime | None = None
) -> list[UUID]:
    """Enqueues many jobs in one statement; returns their ids, new or not."""
    scope, trace = scope_of(session), observability.trace_context()
    jobs = list(jobs)
    rows: list[dict[str, Any]] = [
        {
            "id": job_id,
            "tenant_id": scope.tenant_id,
            "actor_id": scope.actor_id,
            "name": job.name(),
            "payload": job,
            "lane": int(scope.lane if job.lane is None else job.lane),
            "max_attempts": job.max_attempts,
            "trace": trace,
            "run_at": run_at,
        }
        for job, job_id in jobs
    ]
    await _write(session, _ENQUEUE, rows)
    return [job_id for _, job_id in jobs]


async def _write_emitted(session: AsyncSession) -> None:
    await _write(session, _EMIT, session.info[_EMITTED])


async def _write(session: AsyncSession, statement: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        await driver_of(session).execute(statement.encode(), [msgspec.json.encode(rows).decode()])
        session.info[MESH_TOUCHED] = True
