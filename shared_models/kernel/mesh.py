"""What a domain says to the mesh, in its own transaction: `emit` an event, `enqueue` a job."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

import observability
from shared_models.kernel.database import BEFORE_COMMIT, MESH_TOUCHED, driver_of, scope_of
from shared_models.kernel.events import Event
from shared_models.kernel.ids import new_id
from shared_models.kernel.job_rows import DELETE_ENDED, INSERT_JOBS, NO_PLACE, JobRow, Place, encoded
from shared_models.kernel.jobs import InvalidJob, Job, JobTooLarge

#: Key of `session.info`: the rows of the outbox that its transaction will write.
_EMITTED = "emitted"

#: Bytes that the payload of a job or an event may have. It is read and written several times in its life.
LARGEST_PAYLOAD = 256 * 1024

# As JSON escapes it, and not a backslash that stands before these letters.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")

# One parameter for any number of rows: one statement to prepare, one round trip.
_EMIT = """
INSERT INTO outbox (id, tenant_id, actor_id, name, payload, lane, tier, trace)
SELECT id, tenant_id, actor_id, name, payload, lane, tier, trace FROM jsonb_to_recordset(%s::jsonb) AS emitted (
    id uuid, tenant_id uuid, actor_id uuid, name text, payload jsonb, lane smallint, tier text, trace jsonb
)
"""

_BY_UNIQUE_KEY = """
SELECT unique_key, id FROM job
WHERE unique_key = ANY(%s) AND state IN ('blocked', 'queued', 'dispatched', 'running')
"""

#: How often a job is written that has met one of its unique key which then ended, so that it stands for nobody.
_TRIES = 3


async def emit(session: AsyncSession, *events: Event) -> None:
    """Records events: they commit or vanish with the change that they tell of, and are delivered after it.

    They are written together, when the transaction commits. Raises `InvalidJob` for what JSON or the database cannot
    hold, `JobTooLarge`.
    """
    scope, trace = scope_of(session), observability.trace_context()
    rows = [
        {
            "id": new_id(),
            "tenant_id": scope.tenant_id,
            "actor_id": scope.actor_id,
            "name": event.name(),
            "payload": _encoded(event.name(), event),
            "lane": int(scope.lane),
            "tier": scope.tier,
            "trace": trace,
        }
        for event in events
    ]
    session.info.setdefault(_EMITTED, []).extend(rows)
    session.info[BEFORE_COMMIT] = _write_emitted


async def enqueue(
    session: AsyncSession, job: Job, *, job_id: UUID | None = None, run_at: datetime | None = None
) -> UUID:
    """Enqueues a job and returns its id; or the id of the one that waits or runs under the same unique key.

    A `job_id` that exists already is left as it is, also when that job has ended: derive it from what the job is
    about, and asking twice is asking once. `run_at` None: as soon as a worker is free. Raises `InvalidJob` where a
    field has not the type that it declares, or a field or key what JSON or the database cannot hold; `JobTooLarge`.
    """
    is_new = job_id is None
    (enqueued,) = await _enqueue(session, [(job, job_id or new_id(), NO_PLACE)], run_at=run_at, is_new=is_new)
    return enqueued


async def enqueue_all(
    session: AsyncSession, jobs: Iterable[tuple[Job, UUID]], *, run_at: datetime | None = None
) -> list[UUID]:
    """Enqueues many jobs in one statement; returns their ids, as `enqueue` does."""
    rows = [(job, job_id, NO_PLACE) for job, job_id in jobs]
    return await _enqueue(session, rows, run_at=run_at, is_new=False)


async def enqueue_placed(session: AsyncSession, jobs: Iterable[tuple[Job, Place]]) -> list[UUID]:
    """Enqueues new jobs that stand among others, in one statement; returns their ids, as `enqueue` does."""
    rows = [(job, new_id(), place) for job, place in jobs]
    return await _enqueue(session, rows, run_at=None, is_new=True)


async def _enqueue(
    session: AsyncSession, jobs: Sequence[tuple[Job, UUID, Place]], *, run_at: datetime | None, is_new: bool
) -> list[UUID]:
    scope, trace = scope_of(session), observability.trace_context()
    rows = [
        JobRow(
            id=job_id,
            tenant_id=scope.tenant_id,
            actor_id=scope.actor_id,
            name=job.name(),
            payload=_validated(job),
            trace=trace,
            lane=scope.lane if job.lane is None else job.lane,
            tier=scope.tier,
            max_attempts=job.max_attempts,
            queue=job.queue,
            run_at=run_at,
        )
        .held_by(job.keys())
        .standing_at(place)
        for job, job_id, place in jobs
    ]
    found: dict[UUID, UUID] = {}
    missing = rows
    for _ in range(_TRIES):
        if missing:
            inserted = await _insert(session, missing, is_new=is_new)
            found |= {id: id for id in inserted}
            found |= await _equals_of(session, [row for row in missing if row.id not in inserted])
            missing = [row for row in missing if row.unique_key is not None and row.id not in found]
    return [found.get(row.id, row.id) for row in rows]


async def _insert(session: AsyncSession, rows: Sequence[JobRow], *, is_new: bool) -> set[UUID]:
    """Writes those that meet no other; returns their ids."""
    driver = driver_of(session)
    inserted = {id for (id,) in await (await driver.execute(INSERT_JOBS.encode(), [encoded(rows)])).fetchall()}
    session.info[MESH_TOUCHED] = True
    if not is_new:
        # One that has ended may lie in the history already, where no constraint meets it.
        await driver.execute(DELETE_ENDED.encode(), [list(inserted)])
    return inserted


async def _equals_of(session: AsyncSession, rows: Sequence[JobRow]) -> dict[UUID, UUID]:
    """The ids under which jobs that were not written are found: those that wait or run under their unique keys."""
    keys = [row.unique_key for row in rows if row.unique_key is not None]
    if not keys:
        return {}
    known = dict(await (await driver_of(session).execute(_BY_UNIQUE_KEY.encode(), [keys])).fetchall())
    return {row.id: known[row.unique_key] for row in rows if row.unique_key in known}


def _validated(job: Job) -> msgspec.Raw:
    encoded = _encoded(job.name(), job)
    try:
        # A struct does not look at what it is given: what a worker could not read must not be enqueued.
        msgspec.json.decode(encoded, type=type(job))
    except msgspec.ValidationError as error:
        raise InvalidJob(f"{job.name()} was enqueued with what it does not take: {error}", job=job.name()) from error
    return encoded


def _encoded(name: str, payload: Job | Event) -> msgspec.Raw:
    try:
        encoded = msgspec.json.encode(payload)
    except (TypeError, UnicodeEncodeError) as error:
        raise InvalidJob(f"{name} has a field that is no JSON: {error}", job=name) from error
    if b"\\u0000" in encoded and _NUL.search(encoded):
        raise InvalidJob(f"{name} has a text with a NUL, which the database cannot hold.", job=name)
    if len(encoded) > LARGEST_PAYLOAD:
        message = f"{name} has {len(encoded)} bytes, and may have {LARGEST_PAYLOAD}."
        raise JobTooLarge(message, job=name, bytes=len(encoded), most=LARGEST_PAYLOAD)
    return msgspec.Raw(encoded)


async def _write_emitted(session: AsyncSession) -> None:
    encoded = msgspec.json.encode(session.info[_EMITTED]).decode()
    await driver_of(session).execute(_EMIT.encode(), [encoded])
    session.info[MESH_TOUCHED] = True
