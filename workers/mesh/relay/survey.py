"""One look at a domain's mesh tables: is there anything to ship, what is due, what is in flight, who works."""

from __future__ import annotations

import msgspec

from shared_models.kernel.tenancy import Lane
from workers.mesh.connection import MeshConnection
from workers.mesh.presence import FRESH_SECONDS

# A lane that no live worker reads is not due: its messages would lie in Redis, and more beside them each time their
# lease ends. Nor is one whose work lies in paused queues: one probe for each of its queues, however much lies there.
_SURVEY = """
WITH RECURSIVE waiting AS (
    SELECT lane::smallint, NULL::text AS queue FROM generate_series(0, 3) AS lane
    UNION ALL
    SELECT waiting.lane, next.queue FROM waiting CROSS JOIN LATERAL (
        SELECT queue FROM job
        WHERE state = 'queued' AND job.lane = waiting.lane AND job.queue > COALESCE(waiting.queue, '')
        ORDER BY lane, queue LIMIT 1
    ) AS next
)
SELECT
  EXISTS (SELECT FROM outbox) AS unshipped,
  ARRAY(
    SELECT lane FROM generate_series(0, 3) AS lane
    WHERE EXISTS (
        SELECT FROM waiting
        WHERE waiting.lane = lane.lane AND NOT EXISTS (SELECT FROM queue_pause WHERE queue = waiting.queue)
        AND (
            SELECT run_at FROM job WHERE state = 'queued' AND job.lane = waiting.lane AND job.queue = waiting.queue
            ORDER BY lane, queue, run_at LIMIT 1
        ) <= now()
    )
    AND EXISTS (
        SELECT FROM worker
        WHERE seen_at > now() - make_interval(secs => %(fresh)s) AND lanes @> to_jsonb(lane.lane)
    )
  ) AS due,
  ARRAY(
    SELECT ARRAY[lane, count(DISTINCT lease_token)] FROM job WHERE state IN ('dispatched', 'running') GROUP BY lane
  ) AS in_flight,
  (
    SELECT COALESCE(sum(threads), 0)::int FROM worker WHERE seen_at > now() - make_interval(secs => %(fresh)s)
  ) AS threads
"""


class Survey(msgspec.Struct, frozen=True):
    """What one look found.

    `due`: lanes that have both work and a worker, most urgent first; `in_flight` counts messages; `threads` are those
    of live workers.
    """

    unshipped: bool
    due: list[Lane]
    in_flight: dict[Lane, int]
    threads: int


async def survey(database: MeshConnection) -> Survey:
    """Looks once, by one statement over partial indexes."""
    (row,) = await database.rows(_SURVEY, {"fresh": FRESH_SECONDS})
    return Survey(
        unshipped=row.unshipped,
        due=sorted(map(Lane, row.due)),
        in_flight={Lane(lane): count for lane, count in row.in_flight},
        threads=row.threads,
    )
