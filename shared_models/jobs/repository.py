"""What is read of the mesh tables of one domain, over the relay's role: what of it an operator sees, is said here.

The relay's role sees every tenant's rows. So whatever shows or counts jobs begins with `_seen_by`; `_QUEUES` says the
same in its own words. `is_queue` looks at everybody's, and tells of no job.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    Table,
    Text,
    cast,
    exists,
    func,
    null,
    or_,
    select,
    text,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from observability.redaction import redact
from shared_models.jobs.models import Failure, JobRecord, Operator, Position, Progress, QueueRecord, Wanted
from shared_models.kernel.job_state import JobState
from shared_models.kernel.mesh_tables import job, job_history, queue_pause, worker
from shared_models.kernel.tenancy import Lane

# Everything but what it was given, which may be large, and personal.
_COMMON = (
    "id",
    "name",
    "queue",
    "event_name",
    "lane",
    "state",
    "progress",
    "attempt",
    "max_attempts",
    "run_at",
    "created_at",
    "finished_at",
    "error",
    "trace",
    "tenant_id",
)

# Of what has ended well, only the last minute is of interest, here and in the history.
_QUEUES = text(
    """
    WITH seen AS (
        SELECT queue, lane, state, run_at, finished_at FROM job
        WHERE (CAST(:tenant_id AS uuid) IS NULL OR tenant_id = :tenant_id)
        AND (state NOT IN ('done', 'cancelled') OR finished_at > now() - interval '1 minute')
        UNION ALL
        SELECT queue, lane, state, run_at, finished_at FROM job_history
        WHERE (CAST(:tenant_id AS uuid) IS NULL OR tenant_id = :tenant_id)
        AND finished_at > now() - interval '1 minute'
    ), counted AS (
        SELECT queue, lane,
            count(*) FILTER (WHERE state IN ('blocked', 'queued')) AS depth,
            count(*) FILTER (WHERE state IN ('dispatched', 'running')) AS in_flight,
            count(*) FILTER (WHERE state = 'dead') AS dead,
            extract(epoch FROM now() - min(run_at) FILTER (WHERE state = 'queued' AND run_at <= now()))::float AS age,
            count(*) FILTER (WHERE state IN ('done', 'dead') AND finished_at > now() - interval '1 minute') AS finished,
            count(*) FILTER (WHERE state = 'dead' AND finished_at > now() - interval '1 minute') AS died
        FROM seen GROUP BY queue, lane
    )
    SELECT COALESCE(counted.queue, queue_pause.queue) AS name, lane, COALESCE(depth, 0) AS depth,
        COALESCE(in_flight, 0) AS in_flight, COALESCE(dead, 0) AS dead, age, COALESCE(finished, 0) AS finished,
        COALESCE(died, 0) AS died, queue_pause.queue IS NOT NULL AS paused
    FROM counted FULL JOIN queue_pause USING (queue) ORDER BY name, lane
    """
)


async def jobs_by_id(session: AsyncSession, domain: str, operator: Operator, ids: Sequence[UUID]) -> list[JobRecord]:
    """Those of the jobs that are this domain's."""
    reads = [_seen_by(operator, table).where(table.c.id.in_(ids)) for table in (job, job_history)]
    return [_record(domain, row) for row in await session.execute(union_all(*reads))]


async def arguments(
    session: AsyncSession, operator: Operator, ids: Sequence[UUID], most_bytes: int | None
) -> dict[UUID, Any]:
    """What each of the jobs was given, without what is secret or personal; not that of which there is more."""
    reads = []
    for table in (job, job_history):
        read = _seen_by(operator, table).with_only_columns(table.c.id, table.c.payload).where(table.c.id.in_(ids))
        if most_bytes is not None:
            read = read.where(func.octet_length(cast(table.c.payload, Text)) <= most_bytes)
        reads.append(read)
    return {row.id: redact(row.payload) for row in await session.execute(union_all(*reads))}


async def list_jobs(
    session: AsyncSession, domain: str, operator: Operator, wanted: Wanted, after: Position | None, limit: int
) -> list[JobRecord]:
    """Jobs as wanted, newest first, from behind `after` on. The wanted domain is the caller's business."""
    reads = []
    for table in _tables_of(wanted):
        read = _seen_by(operator, table).where(*_conditions(table, wanted))
        if after is not None:
            read = read.where(tuple_(table.c.created_at, table.c.id) < (after.created_at, after.id))
        # Each table by its own index, and no more of it than may be shown.
        reads.append(select(read.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit).subquery()))
    both = union_all(*reads).subquery()
    statement = select(both).order_by(both.c.created_at.desc(), both.c.id.desc()).limit(limit)
    return [_record(domain, row) for row in await session.execute(statement)]


async def count_jobs(session: AsyncSession, operator: Operator, wanted: Wanted) -> int:
    """How many jobs are as wanted."""
    count = 0
    for table in _tables_of(wanted):
        read = _seen_by(operator, table).where(*_conditions(table, wanted))
        count += await session.scalar(read.with_only_columns(func.count(), maintain_column_froms=True)) or 0
    return count


async def queues(session: AsyncSession, domain: str, operator: Operator) -> list[QueueRecord]:
    """The queues that have jobs, had some within the last minute, or are paused; one for each lane."""
    rows = await session.execute(_QUEUES, {"tenant_id": operator.tenant_id})
    return [
        QueueRecord(domain=domain, **dict(row) | {"lane": None if row["lane"] is None else Lane(row["lane"])})
        for row in rows.mappings()
    ]


async def is_queue(session: AsyncSession, name: str) -> bool:
    """Whether there is such a queue: a worker has actors for it, jobs lie in it, or it is paused."""
    named = (
        exists().where(worker.c.queues.has_key(name)),
        exists().where(queue_pause.c.queue == name),
        exists().where(job.c.queue == name),
    )
    return bool(await session.scalar(select(or_(*named))))


def _tables_of(wanted: Wanted) -> tuple[Table, ...]:
    """Only what is done or cancelled can be in the history."""
    return (job, job_history) if wanted.state in (None, JobState.DONE, JobState.CANCELLED) else (job,)


def _seen_by(operator: Operator, table: Table) -> Select[Any]:
    """A table's jobs, as far as the operator sees them."""
    asked_for = table.c.cancel_requested_at if table is job else cast(null(), DateTime(timezone=True))
    columns = [*(table.c[name] for name in _COMMON), asked_for.label("cancel_requested_at")]
    mine = true() if operator.tenant_id is None else table.c.tenant_id == operator.tenant_id
    return select(*columns).where(mine)


def _conditions(table: Table, wanted: Wanted) -> list[ColumnElement[bool]]:
    said: dict[str, object] = {
        "state": wanted.state,
        "queue": wanted.queue,
        "name": wanted.name,
        "lane": None if wanted.lane is None else int(wanted.lane),
        "tenant_id": wanted.tenant_id,
    }
    conditions = [table.c[column] == value for column, value in said.items() if value is not None]
    if wanted.error_code is not None:
        conditions.append(table.c.error["code"].astext == wanted.error_code)
    if wanted.ended_since is not None:
        conditions.append(table.c.finished_at >= wanted.ended_since)
    if wanted.since is not None:
        conditions.append(table.c.created_at >= wanted.since)
        if table is job_history:  # spares the partitions before
            conditions.append(table.c.finished_at >= wanted.since)
    return conditions


def _record(domain: str, row: Any) -> JobRecord:
    return JobRecord(
        id=row.id,
        name=row.name,
        domain=domain,
        queue=row.queue,
        event_name=row.event_name,
        lane=Lane(row.lane),
        state=JobState(row.state),
        progress=None if row.progress is None else msgspec.convert(row.progress, Progress, strict=False),
        attempt=row.attempt,
        max_attempts=row.max_attempts,
        run_at=row.run_at,
        created_at=row.created_at,
        finished_at=row.finished_at,
        cancel_requested_at=row.cancel_requested_at,
        error=None if row.error is None else msgspec.convert(row.error, Failure, strict=False),
        trace_id=_trace_id(row.trace),
        tenant_id=row.tenant_id,
    )


def _trace_id(carrier: dict[str, str]) -> str | None:
    """The trace id within a W3C `traceparent` (`00-<trace id>-<span id>-<flags>`)."""
    parts = carrier.get("traceparent", "").split("-")
    return parts[1] if len(parts) == 4 else None
