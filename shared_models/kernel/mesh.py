"""What a domain says to the mesh, in its own transaction: `emit` an event, `enqueue` a job."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import func, insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

import observability
from shared_models.kernel.database import MESH_TOUCHED, scope_of
from shared_models.kernel.events import Event
from shared_models.kernel.ids import new_id
from shared_models.kernel.jobs import Job
from shared_models.kernel.mesh_tables import job as job_table
from shared_models.kernel.mesh_tables import outbox


async def emit(session: AsyncSession, *events: Event) -> None:
    """Records events: they commit or vanish with the change that they tell of, and are delivered after it."""
    if not events:
        return
    scope, trace = scope_of(session), observability.trace_context()
    await session.execute(
        insert(outbox),
        [
            {
                "id": new_id(),
                "tenant_id": scope.tenant_id,
                "actor_id": scope.actor_id,
                "name": event.name(),
                "payload": msgspec.to_builtins(event),
                "lane": int(scope.lane),
                "trace": trace,
            }
            for event in events
        ],
    )
    session.info[MESH_TOUCHED] = True


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
    rows = [
        {
            "id": job_id,
            "tenant_id": scope.tenant_id,
            "actor_id": scope.actor_id,
            "name": job.name(),
            "payload": msgspec.to_builtins(job),
            "lane": int(scope.lane if job.lane is None else job.lane),
            "max_attempts": job.max_attempts,
            "trace": trace,
            "run_at": func.now() if run_at is None else run_at,
        }
        for job, job_id in jobs
    ]
    if rows:
        await session.execute(upsert(job_table).values(rows).on_conflict_do_nothing())
        session.info[MESH_TOUCHED] = True
    return [row["id"] for row in rows]
