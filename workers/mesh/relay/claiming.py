"""Claims due jobs in lane order and sends them to Redis, each message under a lease."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared_models.kernel.tenancy import Lane, Tier
from workers.mesh.connection import MeshConnection
from workers.mesh.dispatch import Dispatch, redis_key
from workers.mesh.lanes import allowances
from workers.mesh.relay.publishing import published_trace
from workers.mesh.relay.survey import Survey
from workers.mesh.roster import Roster

# Step by step: the due rows by their index; the message each would travel in (alone, or with others of its batched
# actor and its tenant that have not been tried yet); the first messages, as many as are allowed. The steps are
# fenced, so that the planner goes this way. An actor that works in turn has one message of a tenant and lane in flight:
# its jobs wait while there is one, and only the first is claimed. A lease is one message's alone, since what is in
# flight is counted by leases.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id, name, tenant_id, run_at,
           CASE WHEN attempt = 0 THEN COALESCE((%(sizes)s::jsonb ->> name)::int, 1) ELSE 1 END AS size
    FROM job
    WHERE state = 'queued' AND lane = %(lane)s AND run_at <= now() AND NOT (
        name = ANY(%(in_turn)s) AND EXISTS (
            SELECT FROM job AS busy WHERE busy.state IN ('dispatched', 'running')
            AND busy.name = job.name AND busy.lane = job.lane AND busy.tenant_id IS NOT DISTINCT FROM job.tenant_id
        )
    )
    ORDER BY run_at, id LIMIT %(limit)s
), placed AS (
    SELECT *, row_number() OVER (PARTITION BY name, tenant_id, size ORDER BY run_at, id) - 1 AS place FROM due
), numbered AS (
    SELECT *, place / size AS part, count(*) FILTER (WHERE place %% size = 0) OVER (ORDER BY run_at, id) AS number
    FROM placed
), messages AS (
    SELECT *, min(number) OVER (PARTITION BY name, tenant_id, size, part) AS message FROM numbered
), claimed AS MATERIALIZED (
    SELECT job.id, messages.message FROM job JOIN messages ON job.id = messages.id
    WHERE job.state = 'queued' AND message <= %(allowed)s AND (part = 0 OR messages.name <> ALL(%(in_turn)s))
    FOR UPDATE OF job SKIP LOCKED
)
UPDATE job SET
    state = 'dispatched', attempt = attempt + 1, lease_until = now() + make_interval(secs => %(seconds)s),
    lease_token = md5(concat_ws('/', %(nonce)s::text, message))::uuid
FROM claimed WHERE job.id = claimed.id
RETURNING job.id, name, tenant_id, tier, trace, attempt, lease_token
"""

_UNCLAIM = """
UPDATE job SET state = 'queued', attempt = attempt - 1, lease_token = NULL, lease_until = NULL
WHERE lease_token = ANY(%(leases)s) AND state = 'dispatched'
"""


class RedisAway(Exception):
    """Redis did not take the messages; their jobs have been put back."""


async def dispatch_due(
    database: MeshConnection, found: Survey, roster: Roster, redis: Redis, *, lease_seconds: float
) -> int:
    """Claims and sends as many due jobs as the workers can take; returns how many messages.

    Raises `RedisAway` when Redis does not answer. What was claimed is then put back, or, should that fail too,
    comes back when its lease ends.
    """
    dispatches = [
        dispatch
        for lane, allowed in _limits(found)
        for dispatch in await _claim(database, lane, allowed, roster, lease_seconds)
    ]
    if not dispatches:
        return 0
    try:
        await _send(redis, dispatches)
    except (RedisError, OSError) as error:
        await database.rows(_UNCLAIM, {"leases": [dispatch.lease for dispatch in dispatches]})
        raise RedisAway(repr(error)) from error
    return len(dispatches)


def _limits(found: Survey) -> Iterator[tuple[Lane, int]]:
    """How many messages each lane that has work may send now, most urgent first."""
    in_flight = dict(found.in_flight)
    for lane in found.due:
        allowed = allowances(found.threads, in_flight)[lane]
        if allowed:
            in_flight[lane] = in_flight.get(lane, 0) + allowed
            yield lane, allowed


async def _claim(
    database: MeshConnection, lane: Lane, allowed: int, roster: Roster, lease_seconds: float
) -> list[Dispatch]:
    claimed = await database.rows(
        _CLAIM,
        {
            "lane": int(lane),
            "limit": allowed * roster.widest_batch(database.domain),
            "allowed": allowed,
            "seconds": lease_seconds,
            "sizes": msgspec.json.encode(roster.batch_sizes(database.domain)).decode(),
            "in_turn": roster.in_turn(database.domain),
            "nonce": uuid4(),
        },
    )
    by_lease: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in sorted(claimed, key=lambda row: row.id):
        by_lease[row.lease_token].append(row)
    return [_dispatch(database.domain, lane, rows) for rows in by_lease.values()]


def _dispatch(domain: str, lane: Lane, rows: Sequence[Any]) -> Dispatch:
    first = rows[0]
    return Dispatch(
        domain=domain,
        actor=first.name,
        lane=lane,
        lease=first.lease_token,
        jobs=tuple(row.id for row in rows),
        tenant_id=first.tenant_id,
        tier=Tier(first.tier),
        traces=tuple(published_trace(domain, row) for row in rows),
    )


async def _send(redis: Redis, dispatches: Sequence[Dispatch]) -> None:
    async with redis.pipeline(transaction=False) as pipeline:
        for dispatch in dispatches:
            pipeline.rpush(redis_key(dispatch.domain, dispatch.lane), dispatch.to_message().encode())
        await pipeline.execute()
