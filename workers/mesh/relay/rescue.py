"""Takes back jobs whose lease has ended: lost with Redis, or with the worker that held them."""

from __future__ import annotations

import structlog
from sqlalchemy import text

from shared_models.kernel.database import Database

log = structlog.get_logger()

#: A job that has cost so many leases kills its workers, or never reaches one: it is quarantined.
MOST_RESCUES = 20

# Locked rows are skipped: their worker is alive and in the middle of its transaction. A job that was only
# dispatched has not been tried, so its attempt does not count; one that ran counts, whatever became of it.
_RESCUE = text(
    """
    UPDATE job SET
        state = CASE WHEN rescues + 1 >= :most OR (state = 'running' AND attempt >= max_attempts)
                     THEN 'dead' ELSE 'queued' END,
        finished_at = CASE WHEN rescues + 1 >= :most OR (state = 'running' AND attempt >= max_attempts)
                           THEN now() END,
        error = CASE WHEN rescues + 1 >= :most OR (state = 'running' AND attempt >= max_attempts)
                     THEN '{"code": "LEASE_EXPIRED", "message": "Its workers died or never finished it."}'::jsonb
                     ELSE error END,
        attempt = CASE WHEN state = 'dispatched' THEN attempt - 1 ELSE attempt END,
        rescues = rescues + 1, run_at = now(), lease_token = NULL, lease_until = NULL, worker = NULL
    WHERE id IN (
        SELECT id FROM job WHERE state IN ('dispatched', 'running') AND lease_until < now()
        ORDER BY lease_until LIMIT 500 FOR UPDATE SKIP LOCKED
    )
    RETURNING state
    """
)


async def rescue(database: Database) -> int:
    """Returns jobs whose lease has ended to the queue, or to the dead letters; returns how many."""
    async with database.engine.begin() as connection:
        states = (await connection.execute(_RESCUE, {"most": MOST_RESCUES})).scalars().all()
    if states:
        log.warning("mesh.rescued", domain=database.domain, jobs=len(states), dead=list(states).count("dead"))
    return len(states)
