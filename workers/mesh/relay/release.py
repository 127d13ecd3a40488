"""Lets jobs go that wait for a batch, once it has ended; cancels what is left of a batch that has failed.

Whether a batch has ended is asked, not counted: one look at an index of the unfinished members, however many have
ended. What died in between is asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from shared_models.kernel.job_control import CANCELLABLE, CANCELLING
from workers.mesh.connection import MeshConnection

#: Waiting jobs looked at in one round, members cancelled in one.
WAITING, MEMBERS = 500, 500

#: Seconds until the next look: while some job waits, and while none does.
WAITING_SECONDS, NOTHING_SECONDS = 0.05, 0.25

_BEFORE_ALL = UUID(int=0)

# By order of the index: the planner would else read the table, since it expects to meet an unfinished member soon.
_OPEN = """
SELECT true AS open FROM job WHERE batch_id = waiting.awaits AND state IN ('blocked', 'queued', 'dispatched', 'running')
ORDER BY batch_id, id LIMIT 1
"""
_FAILED = """
SELECT true AS failed FROM job WHERE batch_id = waiting.awaits AND state IN ('dead', 'cancelled')
ORDER BY batch_id, id LIMIT 1
"""
_KNOWN = f"LEFT JOIN LATERAL ({_OPEN}) AS o ON true LEFT JOIN LATERAL ({_FAILED}) AS f ON waiting.awaits_success"

_LOOK = f"""
WITH waiting AS MATERIALIZED (
    SELECT id, awaits, awaits_success FROM job
    WHERE state = 'blocked' AND awaits > %(after)s ORDER BY awaits LIMIT {WAITING}
)
SELECT id, awaits, open IS NULL OR failed IS NOT NULL AS ripe FROM waiting {_KNOWN} ORDER BY awaits
"""

# Who adds a member holds this row: it is looked at later. Under the lock, what was seen is seen again, since a member
# may have been added between the look and the lock. Only then is it asked whether it is still blocked: see `unkeyed`.
_LOCK = """
WITH locked AS MATERIALIZED (SELECT id, state FROM job WHERE id = ANY(%(ids)s) FOR UPDATE SKIP LOCKED)
SELECT id FROM locked WHERE state = 'blocked'
"""

_REASON = '{"code": "BATCH_FAILED", "message": "A job of the batch is dead or was cancelled."}'

# By order of the index, too: of a large batch, those that are cancelled already are not read again at each look.
_CANCEL_REST = f"""
WITH failed AS (
    SELECT waiting.awaits FROM job AS waiting {_KNOWN} WHERE waiting.id = ANY(%(ids)s) AND failed
), rest AS MATERIALIZED (
    SELECT member.id FROM failed CROSS JOIN LATERAL (
        SELECT id FROM job
        WHERE batch_id = failed.awaits AND state IN ('blocked', 'queued', 'dispatched', 'running') AND {CANCELLABLE}
        ORDER BY batch_id, id LIMIT {MEMBERS} FOR UPDATE SKIP LOCKED
    ) AS member LIMIT {MEMBERS}
)
UPDATE job SET error = '{_REASON}', {CANCELLING} FROM rest WHERE job.id = rest.id
RETURNING job.id, job.tenant_id
"""

# One that was cancelled just now, with the rest of a batch that it is part of itself, is not let go.
_RELEASE = f"""
WITH ended AS MATERIALIZED (
    SELECT waiting.id, waiting.state, failed FROM job AS waiting {_KNOWN}
    WHERE waiting.id = ANY(%(ids)s) AND open IS NULL
)
UPDATE job SET
    state = CASE WHEN failed THEN 'cancelled' ELSE 'queued' END,
    finished_at = CASE WHEN failed THEN now() END,
    error = CASE WHEN failed THEN '{_REASON}'::jsonb END,
    run_at = GREATEST(run_at, now())
FROM ended WHERE job.id = ended.id AND ended.state = 'blocked'
RETURNING job.id, job.tenant_id
"""


class Release:
    """Looks after the waiting jobs of one domain, some at a time, around and around."""

    def __init__(
        self,
        database: MeshConnection,
        wake: Callable[[], None],
        changed: Callable[[UUID | None, Sequence[UUID]], None],
    ) -> None:
        """`wake` is called when jobs have become due; `changed` with a tenant's jobs that were let go or cancelled."""
        self._database = database
        self._wake = wake
        self._changed = changed
        self._after = _BEFORE_ALL

    async def attend(self) -> float:
        """One look at some of those that wait; returns the seconds until the next."""
        waiting = await self._database.rows(_LOOK, {"after": self._after})
        began_midway = self._after != _BEFORE_ALL
        self._after = waiting[-1].awaits if len(waiting) == WAITING else _BEFORE_ALL
        ripe = [row.id for row in waiting if row.ripe]
        if ripe:
            await self._end(ripe)
        return WAITING_SECONDS if waiting or began_midway else NOTHING_SECONDS

    async def _end(self, ids: list[UUID]) -> None:
        async with self._database.transaction() as execute:
            locked = {"ids": [row.id for row in await execute(_LOCK, {"ids": ids})]}
            cancelled = await execute(_CANCEL_REST, locked)
            released = await execute(_RELEASE, locked)
        for row in [*cancelled, *released]:
            self._changed(row.tenant_id, [row.id])
        if released:
            self._wake()
