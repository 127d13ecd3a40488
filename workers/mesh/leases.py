"""What a worker does to the jobs it holds a lease on. Every statement is fenced by the lease token.

A statement that finds no row has lost the lease: the job was rescued, cancelled or finished by another.
Times are the database's own, so a worker's clock does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

import msgspec
import psycopg
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.database import driver_of
from workers.mesh.outcomes import LeaseLost

_COLUMNS: LiteralString = (
    "id, name, queue, payload, event_id, event_name, caused_at, tenant_id, actor_id, trace, attempt, max_attempts, "
    "batch_id, awaits, EXTRACT(EPOCH FROM now() - run_at)::float8 AS waited"
)
RELEASED: LiteralString = "lease_token = NULL, lease_until = NULL, worker = NULL"
# The token says all, since a job has one only while it is leased. Were its state asked for as well, the planner might
# read the index of leased jobs, and with it what is left there of each job that has passed since the last vacuum.
_HELD = "id = ANY(%(jobs)s) AND lease_token = %(lease)s"

# Committed before the actor runs: so a job that kills its worker is known to have been tried. The worker's
# heartbeat keeps the lease alive. Of several leases at once: the row says which of them it is held by. From here on, a
# job with a rate counts as one that was started at this moment. What has a lease and does not run is dispatched: see
# `_HELD` for why it is asked in this way.
START: LiteralString = f"""
WITH started AS (
    UPDATE job SET state = 'running', worker = %(worker)s, lease_until = now() + make_interval(secs => %(seconds)s)
    WHERE id = ANY(%(jobs)s) AND lease_token = ANY(%(leases)s) AND state <> 'running'
    RETURNING {_COLUMNS}, lease_token, rate_key, rate_seconds
), rated AS (
    INSERT INTO rate_start (rate_key, started_at, counts_until)
    SELECT rate_key, clock_timestamp(), clock_timestamp() + make_interval(secs => rate_seconds)
    FROM started WHERE rate_key IS NOT NULL
)
SELECT * FROM started
"""

_STILL_HELD = f"SELECT id, attempt FROM job WHERE {_HELD} FOR UPDATE"

# What told of its progress has come to the end of it.
DONE: LiteralString = f"""
state = 'done', finished_at = now(), error = NULL,
progress = progress || jsonb_build_object('done', COALESCE(progress -> 'total', progress -> 'done')), {RELEASED}
"""

_FINISH = f"UPDATE job SET {DONE} WHERE {_HELD}"

# Most end alone. A list is taken for a long one where its length is not known, so each would be planned anew, which
# takes longer than to execute it.
_FINISH_ONE = f"UPDATE job SET {DONE} WHERE id = %(job)s AND lease_token = %(lease)s"

# What was to be cancelled while it ran is not queued again.
_QUEUED = """
state = CASE WHEN cancel_requested_at IS NULL THEN 'queued' ELSE 'cancelled' END,
finished_at = CASE WHEN cancel_requested_at IS NOT NULL THEN now() END,
run_at = now() + make_interval(secs => %(seconds)s)
"""

_HAND_BACK = f"UPDATE job SET attempt = attempt - 1, {_QUEUED}, {RELEASED} WHERE {_HELD}"

_RETRY = f"UPDATE job SET error = %(error)s::jsonb, progress = NULL, {_QUEUED}, {RELEASED} WHERE {_HELD}"

_CANCEL = f"""
UPDATE job SET state = 'cancelled', finished_at = now(), {RELEASED} WHERE {_HELD} AND cancel_requested_at IS NOT NULL
"""

_BURY = f"""
UPDATE job SET state = 'dead', finished_at = now(), error = %(error)s::jsonb, {RELEASED} WHERE {_HELD}
"""


class Lease:
    """A lease on jobs, and what may be done to them under it. Each call runs in the session's transaction."""

    def __init__(self, token: UUID) -> None:
        self.token = token

    async def held(self, session: AsyncSession, jobs: Sequence[UUID]) -> list[tuple[UUID, int]]:
        """The jobs that are still ours, as (id, attempt), locked."""
        return await (await self._execute(session, _STILL_HELD, jobs)).fetchall()

    async def finish(self, session: AsyncSession, jobs: Sequence[UUID]) -> None:
        """Completes all of the jobs, or raises `LeaseLost`."""
        if len(jobs) == 1:
            finished = await self._execute(session, _FINISH_ONE, jobs, job=jobs[0])
        else:
            finished = await self._execute(session, _FINISH, jobs)
        if finished.rowcount != len(jobs):
            raise LeaseLost

    async def hand_back(self, session: AsyncSession, jobs: Sequence[UUID], *, seconds: float) -> None:
        """Returns jobs that were not tried: the attempt does not count."""
        await self._execute(session, _HAND_BACK, jobs, seconds=seconds)

    async def cancel(self, session: AsyncSession, jobs: Sequence[UUID]) -> int:
        """Ends the jobs that are to be cancelled, returns those that ran beside them; tells how many it ended."""
        cancelled = await self._execute(session, _CANCEL, jobs)
        await self.hand_back(session, jobs, seconds=0)
        return cancelled.rowcount

    async def retry(self, session: AsyncSession, jobs: Sequence[UUID], *, seconds: float, error: object) -> None:
        """Returns jobs that failed, to be tried again in `seconds`."""
        await self._execute(session, _RETRY, jobs, seconds=seconds, error=msgspec.json.encode(error).decode())

    async def bury(self, session: AsyncSession, jobs: Sequence[UUID], *, error: object) -> None:
        """Moves jobs to the dead letters, with the reason."""
        await self._execute(session, _BURY, jobs, error=msgspec.json.encode(error).decode())

    async def _execute(
        self, session: AsyncSession, statement: str, jobs: Sequence[UUID], **values: Any
    ) -> psycopg.AsyncCursor[Any]:
        values |= {"jobs": list(jobs), "lease": self.token}
        return await driver_of(session).execute(statement.encode(), values)
