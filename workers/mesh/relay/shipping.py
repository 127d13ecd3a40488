"""Ships a domain's outbox: each event becomes a job of each subscriber, in the subscriber's own database.

The job's id derives from event and actor, so shipping twice, after a crash in between, is shipping once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared_models.kernel.ids import derived_id
from shared_models.kernel.job_rows import DELETE_ENDED, INSERT_JOBS, JobRow, encoded
from shared_models.kernel.jobs import NO_KEYS, Concurrency, Keys
from shared_models.kernel.live import channel
from shared_models.kernel.tenancy import Lane, Tier
from workers.mesh.actors import Actor
from workers.mesh.connection import MeshConnection
from workers.mesh.roster import Roster

log = structlog.get_logger()

#: Events shipped in one go.
SHIPMENT = 500

_WAITING = """
SELECT id, tenant_id, actor_id, name, payload, lane, tier, trace, occurred_at FROM outbox ORDER BY id LIMIT %(limit)s
"""

_SHIPPED = "DELETE FROM outbox WHERE id = ANY(%(ids)s)"


class Shipment(msgspec.Struct, frozen=True):
    """What was shipped: how many events, and which domains were given work by them."""

    events: int
    domains: set[str]


async def ship(source: MeshConnection, targets: Mapping[str, MeshConnection], roster: Roster, redis: Redis) -> Shipment:
    """Ships what waits in the outbox of `source`, oldest first."""
    events = await source.rows(_WAITING, {"limit": SHIPMENT})
    work: defaultdict[str, list[JobRow]] = defaultdict(list)
    for event in events:
        for actor in roster.subscribers(event.name):
            work[actor.domain].append(_job_for(event, actor))
    for domain, jobs in work.items():
        await _deliver(targets[domain], jobs)
    await _publish_live(redis, source.domain, events)
    await source.rows(_SHIPPED, {"ids": [event.id for event in events]})
    return Shipment(len(events), set(work))


async def _deliver(target: MeshConnection, jobs: Sequence[JobRow]) -> None:
    async with target.transaction() as execute:
        inserted = await execute(INSERT_JOBS, [encoded(jobs)])
        await execute(DELETE_ENDED, [[row.id for row in inserted]])


def _job_for(event: Any, actor: Actor) -> JobRow:
    return JobRow(
        id=derived_id(event.id, actor.name),
        tenant_id=event.tenant_id,
        actor_id=event.actor_id,
        name=actor.name,
        payload=event.payload,
        trace=msgspec.json.decode(event.trace),
        lane=Lane(event.lane),
        tier=Tier(event.tier),
        max_attempts=actor.policy.max_attempts,
        queue=actor.policy.queue,
        event_name=event.name,
        event_id=event.id,
        caused_at=event.occurred_at,
    ).held_by(_keys(event, actor))


def _keys(event: Any, actor: Actor) -> Keys:
    if actor.batched:
        # In turn: one message of a tenant and lane in flight.
        return Keys(concurrency=Concurrency(f"{actor.name}/{event.lane}", 1))
    if actor.policy.keys is None:
        return NO_KEYS
    try:
        return actor.policy.keys(actor.decode(event.name, event.payload))
    except msgspec.ValidationError:
        # It is delivered all the same, and buried with the reason by the worker that looks at it.
        return NO_KEYS


async def _publish_live(redis: Redis, domain: str, events: Sequence[Any]) -> None:
    try:
        async with redis.pipeline(transaction=False) as pipeline:
            for event in events:
                live = {"name": event.name, "tenant_id": event.tenant_id, "payload": event.payload}
                pipeline.publish(channel(domain), msgspec.json.encode(live))
            await pipeline.execute()
    except (RedisError, OSError) as error:
        # Those who listen read the record again once they are connected; the events must get on without them.
        log.debug("relay.live_lost", domain=domain, events=len(events), error=repr(error))
