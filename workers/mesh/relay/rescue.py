"""Takes back jobs whose lease has ended: lost with Redis, or with the worker that held them."""

from __future__ import annotations

from typing import Any

import msgspec
import structlog

from observability.errors import report
from shared_models.kernel.job_state import JobState
from workers.mesh.connection import MeshConnection
from workers.mesh.metrics import RelayMetrics
from workers.mesh.spans import within_trace

log = structlog.get_logger()

#: A job whose workers died so often while it ran is quarantined among the dead letters.
MOST_CRASHES = 5

# One that was only dispatched has not been tried: its attempt does not count, and it goes again at once. One
# that ran counts; those that ran beside it come back at other moments, so that they part from a poisoned one.
_RESCUE = """
WITH expired AS (
    SELECT id, state = 'running' AS ran,
           state = 'running' AND (crashes + 1 >= %(most)s OR attempt >= max_attempts) AS doomed
    FROM job WHERE state IN ('dispatched', 'running') AND lease_until < now()
    ORDER BY lease_until LIMIT 500 FOR UPDATE SKIP LOCKED
)
UPDATE job SET
    state = CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled' WHEN doomed THEN 'dead' ELSE 'queued' END,
    finished_at = CASE WHEN doomed OR cancel_requested_at IS NOT NULL THEN now() END,
    error = CASE WHEN ran THEN %(reason)s::jsonb ELSE error END,
    attempt = CASE WHEN ran THEN attempt ELSE attempt - 1 END,
    progress = CASE WHEN ran AND NOT doomed THEN NULL ELSE progress END,
    crashes = CASE WHEN ran THEN crashes + 1 ELSE crashes END,
    run_at = CASE WHEN ran AND crashes > 0 THEN now() + random() * power(2, crashes) * interval '1 second'
                  ELSE now() END,
    lease_token = NULL, lease_until = NULL, worker = NULL
FROM expired WHERE job.id = expired.id
RETURNING job.id, job.name, job.tenant_id, state, crashes, attempt, trace
"""

_CODE = "WORKER_LOST"
_REASON = f'{{"code": "{_CODE}", "message": "The worker that ran it died or fell silent."}}'


class WorkerLost(Exception):
    """A job has killed its workers, or run into their silence, as often as it may."""


async def rescue(database: MeshConnection, metrics: RelayMetrics) -> list[Any]:
    """Returns jobs whose lease has ended to the queue, unless they were to be cancelled or are dead; tells which."""
    rescued = await database.rows(_RESCUE, {"most": MOST_CRASHES, "reason": _REASON})
    if not rescued:
        return []
    dead = [row for row in rescued if row.state == JobState.DEAD]
    log.warning("mesh.rescued", domain=database.domain, jobs=len(rescued), dead=len(dead))
    for row in rescued:
        metrics.rescued(database.domain, row.state)
    for row in dead:
        _tell_of(row)
    return rescued


def _tell_of(row: Any) -> None:
    """Of a job that is dead by its workers' deaths, as a worker tells of one that is dead by an error."""
    message = f"{row.name} was quarantined: its workers died or fell silent {row.crashes} times."
    with within_trace(msgspec.json.decode(row.trace, type=dict[str, str])):
        log.error("job.dead", actor=row.name, job_id=str(row.id), attempt=row.attempt, code=_CODE, message=message)
        report(WorkerLost(message), actor=row.name, job_id=str(row.id), tenant=str(row.tenant_id))
