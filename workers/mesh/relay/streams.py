"""Who has work in a lane: a loose scan over its tenants and their queues, from where the last one ended.

One index probe per tenant and queue, however many jobs lie there: a claim costs the same beside a backlog.
"""

from __future__ import annotations

from typing import LiteralString
from uuid import UUID

import msgspec

from shared_models.kernel.mesh_tables import BY_AGE, BY_FLOW, BY_QUEUE, FLOW, TURN
from shared_models.kernel.tenancy import Lane, Tier
from workers.mesh.connection import MeshConnection
from workers.mesh.relay.fairness import LARGEST_VISIT, WEIGHTS

#: The id that the platform's own jobs have in the round, and that the flow of those without keys has.
NOBODY = UUID(int=0)

#: The end of each round: no id comes after it.
EVERYBODY = UUID(int=2**128 - 1)

#: How many tenants one look passes, at least and at most.
FEWEST_TENANTS, MOST_TENANTS = 8, 64

#: Jobs of one stream that are counted. Whoever has so many has enough for any share.
COUNTED = 32

# From a stream to the next: another queue of the tenant, the next tenant, and after the last one from the start, up to
# the tenant after whom the round began. The first row is where the look begins, and not part of it.
_LOOK: LiteralString = f"""
WITH RECURSIVE ring AS (
    SELECT %(after)s::uuid AS turn, NULL::text AS queue, 0 AS place, %(after)s::uuid < %(origin)s::uuid AS wrapped
    UNION ALL
    SELECT next.* FROM ring CROSS JOIN LATERAL (
        (SELECT ring.turn, job.queue, ring.place, ring.wrapped FROM job
         WHERE state = 'queued' AND lane = %(lane)s AND {TURN} = ring.turn AND job.queue > ring.queue
         ORDER BY {BY_QUEUE} LIMIT 1)
        UNION ALL
        (SELECT {TURN}, job.queue, ring.place + 1, ring.wrapped FROM job
         WHERE state = 'queued' AND lane = %(lane)s AND {TURN} > ring.turn
         AND {TURN} <= CASE WHEN ring.wrapped THEN %(origin)s::uuid ELSE %(everybody)s::uuid END
         ORDER BY {BY_QUEUE} LIMIT 1)
        UNION ALL
        (SELECT {TURN}, job.queue, ring.place + 1, true FROM job
         WHERE NOT ring.wrapped AND state = 'queued' AND lane = %(lane)s AND {TURN} <= %(origin)s::uuid
         ORDER BY {BY_QUEUE} LIMIT 1)
        LIMIT 1
    ) AS next
    WHERE next.place <= %(tenants)s
), stream AS (
    SELECT *, EXISTS (SELECT FROM queue_pause WHERE queue_pause.queue = ring.queue) AS paused
    FROM ring WHERE place > 0
)
SELECT stream.turn, stream.queue, stream.place, unkeyed.jobs, unkeyed.tiers AS unkeyed, keyed.tiers AS keyed
FROM stream CROSS JOIN LATERAL (
    SELECT count(*)::int AS jobs, COALESCE(array_agg(DISTINCT tier), '{{}}') AS tiers FROM (
        SELECT tier FROM job
        WHERE NOT stream.paused AND state = 'queued' AND lane = %(lane)s AND {TURN} = stream.turn
        AND queue = stream.queue AND {FLOW} = %(nobody)s AND run_at <= now()
        ORDER BY {BY_AGE} LIMIT %(counted)s
    ) AS due
) AS unkeyed CROSS JOIN LATERAL (
    SELECT ARRAY(
        SELECT tier FROM job
        WHERE NOT stream.paused AND state = 'queued' AND lane = %(lane)s AND {TURN} = stream.turn
        AND queue = stream.queue AND {FLOW} > %(nobody)s
        ORDER BY {BY_FLOW} LIMIT 1
    ) AS tiers
) AS keyed
ORDER BY place
"""


class Stream(msgspec.Struct, frozen=True):
    """What a tenant has in a queue: `unkeyed` jobs that are due and have no keys, and perhaps some that have."""

    turn: UUID
    queue: str
    tier: Tier
    unkeyed: int
    keyed: bool


class Look(msgspec.Struct, frozen=True):
    """What one look found. `last`: the tenant that it passed last; `everywhere`: it has come round to `origin`."""

    streams: list[Stream]
    last: UUID
    everywhere: bool


async def look(database: MeshConnection, lane: Lane, after: UUID, origin: UUID, allowed: int) -> Look:
    """Looks at the tenants after `after`, enough to send `allowed` messages if most of them have any."""
    tenants = max(FEWEST_TENANTS, min(MOST_TENANTS, 2 * allowed))
    rows = await database.rows(
        _LOOK,
        {
            "lane": int(lane),
            "after": after,
            "origin": origin,
            "tenants": tenants,
            "counted": min(COUNTED, max(allowed, LARGEST_VISIT + 1)),
            "nobody": NOBODY,
            "everybody": EVERYBODY,
        },
    )
    last = rows[-1].turn if rows else origin
    return Look(
        streams=[
            Stream(
                row.turn,
                row.queue,
                max(map(Tier, row.unkeyed + row.keyed), key=WEIGHTS.__getitem__),
                row.jobs,
                bool(row.keyed),
            )
            for row in rows
            if row.unkeyed or row.keyed
        ],
        last=last,
        everywhere=last == origin or rows[-1].place < tenants,
    )
