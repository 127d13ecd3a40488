"""How much waits, by queue, lane and tier: for the SREs' dashboards, not for the relay's own decisions."""

from __future__ import annotations

from shared_models.kernel.tenancy import Lane, Tier
from workers.mesh.connection import MeshConnection
from workers.mesh.metrics import Kind, QueueCensus

_CENSUS = """
SELECT queue, lane, tier,
    count(*) FILTER (WHERE state = 'queued' AND run_at <= now()) AS due,
    count(*) FILTER (WHERE state = 'queued' AND run_at > now()) AS scheduled,
    count(*) FILTER (WHERE state = 'blocked') AS blocked,
    count(*) FILTER (WHERE state IN ('dispatched', 'running')) AS in_flight,
    count(*) FILTER (WHERE state = 'dead') AS dead,
    COALESCE(
        EXTRACT(EPOCH FROM now() - min(run_at) FILTER (WHERE state = 'queued' AND run_at <= now())), 0
    )::float8 AS age
FROM job WHERE state NOT IN ('done', 'cancelled')
GROUP BY queue, lane, tier
"""


async def take_census(database: MeshConnection) -> list[QueueCensus]:
    """Counts once, over all unfinished jobs."""
    return [
        QueueCensus(
            kind=Kind(database.domain, row.queue, Lane(row.lane), Tier(row.tier)),
            due=row.due,
            scheduled=row.scheduled,
            blocked=row.blocked,
            in_flight=row.in_flight,
            dead=row.dead,
            age=row.age,
        )
        for row in await database.rows(_CENSUS)
    ]
