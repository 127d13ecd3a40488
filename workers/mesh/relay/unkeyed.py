"""Claims jobs without keys, as many messages of each tenant as it may send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString
from uuid import UUID, uuid4

import msgspec

from shared_models.kernel.mesh_tables import BY_AGE, FLOW, TURN
from shared_models.kernel.tenancy import Lane
from workers.mesh.connection import MeshConnection
from workers.mesh.relay.streams import NOBODY, Stream

# Step by step: the due rows by their index, tenant by tenant; the message each would travel in (alone, or with others
# of its batched actor and its tenant that have not been tried yet); each tenant's first messages, as many as it may
# send. The steps are fenced, so that the planner goes this way. Whether a row still is queued is asked once it is
# locked: asked before, the planner might find the rows not by their ids, but by reading whatever is queued. A lease
# is one message's alone, since what is in flight is counted by leases.
_CLAIM: LiteralString = f"""
WITH stream AS MATERIALIZED (
    SELECT * FROM unnest(%(turns)s::uuid[], %(queues)s::text[], %(messages)s::int[]) AS stream (turn, queue, messages)
    WHERE NOT EXISTS (SELECT FROM queue_pause WHERE queue_pause.queue = stream.queue)
), due AS MATERIALIZED (
    SELECT stream.turn, stream.messages AS allowed, next.* FROM stream CROSS JOIN LATERAL (
        SELECT id, name, run_at,
               CASE WHEN attempt = 0 THEN COALESCE((%(sizes)s::jsonb ->> name)::int, 1) ELSE 1 END AS size
        FROM job
        WHERE state = 'queued' AND lane = %(lane)s AND {TURN} = stream.turn AND job.queue = stream.queue
        AND {FLOW} = %(nobody)s AND run_at <= now()
        ORDER BY {BY_AGE} LIMIT stream.messages * %(widest)s
    ) AS next
), placed AS (
    SELECT *, row_number() OVER (PARTITION BY turn, name, size ORDER BY run_at, id) - 1 AS place FROM due
), numbered AS (
    SELECT *, place / size AS part,
           count(*) FILTER (WHERE place %% size = 0) OVER (PARTITION BY turn ORDER BY run_at, id) AS number
    FROM placed
), messages AS (
    SELECT *, min(number) OVER (PARTITION BY turn, name, size, part) AS message FROM numbered
), claimed AS MATERIALIZED (
    SELECT job.id, job.state, turn, message FROM job JOIN messages ON job.id = messages.id
    WHERE message <= allowed FOR UPDATE OF job SKIP LOCKED
)
UPDATE job SET
    state = 'dispatched', attempt = attempt + 1, lease_until = now() + make_interval(secs => %(seconds)s),
    lease_token = md5(concat_ws('/', %(nonce)s::text, turn, message))::uuid
FROM claimed WHERE job.id = claimed.id AND claimed.state = 'queued'
RETURNING job.id, name, tenant_id, tier, trace, attempt, lease_token, message::int AS place
"""


class UnkeyedClaims:
    """One relay's claims of jobs without keys."""

    def __init__(self, database: MeshConnection, sizes: Mapping[str, int], *, lease_seconds: float) -> None:
        """`sizes`: how many jobs a message takes, of the actors that take more than one."""
        self._database = database
        self._sizes = msgspec.json.encode(sizes).decode()
        self._widest = max(sizes.values(), default=1)
        self._lease_seconds = lease_seconds

    async def take(self, lane: Lane, streams: Sequence[Stream], messages: Mapping[UUID, int]) -> list[Any]:
        """Claims so many messages of each tenant, of its oldest jobs in these streams; returns the rows."""
        taken = [stream for stream in streams if stream.unkeyed and messages.get(stream.turn)]
        if not taken:
            return []
        return await self._database.rows(
            _CLAIM,
            {
                "lane": int(lane),
                "turns": [stream.turn for stream in taken],
                "queues": [stream.queue for stream in taken],
                "messages": [messages[stream.turn] for stream in taken],
                "widest": self._widest,
                "sizes": self._sizes,
                "nobody": NOBODY,
                "seconds": self._lease_seconds,
                "nonce": uuid4(),
            },
        )
