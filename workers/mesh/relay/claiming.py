"""Claims due jobs in lane order and sends them to Redis, each message under a lease of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID, uuid4

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Uuid

from shared_models.kernel.database import Database
from shared_models.kernel.tenancy import Lane
from workers.mesh.dispatch import Dispatch, redis_key
from workers.mesh.lanes import allowances
from workers.mesh.presence import live_threads
from workers.mesh.relay.publishing import published_trace
from workers.mesh.roster import Roster

_IN_FLIGHT = text(
    "SELECT lane, count(DISTINCT lease_token) FROM job WHERE state IN ('dispatched', 'running') GROUP BY lane"
)

# The limit stands in a fenced subquery: the planner must find the few due rows by their index, then lock them.
_DUE = text(
    "SELECT id, name, tenant_id, actor_id, trace, attempt FROM job WHERE id IN ("
    "  SELECT id FROM job WHERE state = 'queued' AND lane = :lane AND run_at <= now() ORDER BY run_at, id LIMIT :limit"
    "  FOR UPDATE SKIP LOCKED) ORDER BY id"
)

_LEASE = text(
    "UPDATE job SET state = 'dispatched', attempt = attempt + 1, lease_token = claim.lease, "
    "lease_until = now() + make_interval(secs => :seconds) "
    "FROM (SELECT unnest(:jobs) AS id, unnest(:leases) AS lease) AS claim WHERE job.id = claim.id"
).bindparams(bindparam("jobs", type_=ARRAY(Uuid)), bindparam("leases", type_=ARRAY(Uuid)))

_UNCLAIM = text(
    "UPDATE job SET state = 'queued', attempt = attempt - 1, lease_token = NULL, lease_until = NULL "
    "WHERE lease_token = ANY(:leases) AND state = 'dispatched'"
).bindparams(bindparam("leases", type_=ARRAY(Uuid)))


class RedisAway(Exception):
    """Redis did not take the messages; their jobs have been put back."""


async def dispatch_due(database: Database, roster: Roster, redis: Redis, *, lease_seconds: float) -> int:
    """Claims and sends as many due jobs as the workers can take; returns how many.

    Raises `RedisAway` when Redis does not answer. What was claimed is then put back, or, should that fail too,
    comes back when its lease ends.
    """
    async with database.engine.begin() as connection:
        dispatches = await _claim(connection, database.domain, roster, lease_seconds)
    if not dispatches:
        return 0
    try:
        await _send(redis, dispatches)
    except (RedisError, OSError) as error:
        async with database.engine.begin() as connection:
            await connection.execute(_UNCLAIM, {"leases": [dispatch.lease for dispatch in dispatches]})
        raise RedisAway(repr(error)) from error
    return sum(len(dispatch.jobs) for dispatch in dispatches)


async def _claim(connection: AsyncConnection, domain: str, roster: Roster, lease_seconds: float) -> list[Dispatch]:
    threads = await live_threads(connection)
    in_flight = {Lane(lane): count for lane, count in (await connection.execute(_IN_FLIGHT)).all()}
    dispatches: list[Dispatch] = []
    for lane in Lane:
        allowed = allowances(threads, in_flight)[lane]
        if not allowed:
            continue
        limit = allowed * roster.widest_batch(domain)
        due = (await connection.execute(_DUE, {"lane": int(lane), "limit": limit})).all()
        claimed = list(_grouped(domain, lane, due, roster))[:allowed]
        in_flight[lane] = in_flight.get(lane, 0) + len(claimed)
        dispatches += claimed
    if dispatches:
        pairs = [(job, dispatch.lease) for dispatch in dispatches for job in dispatch.jobs]
        await connection.execute(
            _LEASE,
            {
                "jobs": [job for job, _ in pairs],
                "leases": [lease for _, lease in pairs],
                "seconds": lease_seconds,
            },
        )
    return dispatches


def _grouped(domain: str, lane: Lane, due: Sequence[Row[Any]], roster: Roster) -> Iterable[Dispatch]:
    """One message per job; jobs of a batched actor and one tenant share messages, until one of them has failed."""
    batches: defaultdict[tuple[str, UUID | None], list[Row[Any]]] = defaultdict(list)
    for row in due:
        if row.attempt == 0 and roster.batch_size(row.name) > 1:
            batches[row.name, row.tenant_id].append(row)
        else:
            yield _dispatch(domain, lane, [row])
    for (name, _), rows in batches.items():
        size = roster.batch_size(name)
        for start in range(0, len(rows), size):
            yield _dispatch(domain, lane, rows[start : start + size])


def _dispatch(domain: str, lane: Lane, rows: Sequence[Row[Any]]) -> Dispatch:
    first = rows[0]
    return Dispatch(
        domain=domain,
        actor=first.name,
        lane=lane,
        lease=uuid4(),
        jobs=tuple(row.id for row in rows),
        tenant_id=first.tenant_id,
        actor_id=first.actor_id if len(rows) == 1 else None,
        trace=published_trace(domain, first),
    )


async def _send(redis: Redis, dispatches: Sequence[Dispatch]) -> None:
    async with redis.pipeline(transaction=False) as pipeline:
        for dispatch in dispatches:
            pipeline.rpush(redis_key(dispatch.domain, dispatch.lane), dispatch.to_message().encode())
        await pipeline.execute()
