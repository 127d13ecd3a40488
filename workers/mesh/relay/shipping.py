"""Ships a domain's outbox: each event becomes a job of each subscriber, in the subscriber's own database.

The job's id derives from event and actor, so shipping twice, after a crash in between, is shipping once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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
from workers.mesh.subscribers import as_arrays

log = structlog.get_logger()

#: Events shipped in one go.
SHIPMENT = 500

_WAITING = """
SELECT id, tenant_id, actor_id, name, payload, lane, tier, trace, occurred_at FROM outbox ORDER BY id LIMIT %(limit)s
"""

# Who has declared itself, but is not known here, is that of a newer release: what it takes is kept for a newer relay.
_SHIPPED = """
WITH unknown AS MATERIALIZED (
    SELECT event_name, array_agg(actor) AS actors FROM subscriber
    WHERE seen_at > now() - make_interval(secs => %(seconds)s)
    AND (event_name, actor) NOT IN (SELECT * FROM unnest(%(events)s::text[], %(actors)s::text[]))
    GROUP BY event_name
), shipped AS (
    DELETE FROM outbox WHERE id = ANY(%(ids)s)
    RETURNING id, tenant_id, actor_id, name, payload, lane, tier, trace, occurred_at
)
INSERT INTO event_owed (id, tenant_id, actor_id, name, payload, lane, tier, trace, occurred_at, owed_to)
SELECT shipped.*, unknown.actors FROM shipped JOIN unknown ON unknown.event_name = shipped.name
ON CONFLICT DO NOTHING
RETURNING id
"""


class Shipment(msgspec.Struct, frozen=True):
    """What was shipped: how many events, which domains were given work by them, how many are owed to others."""

    events: int
    domains: set[str]
    owed: int


async def ship(
    source: MeshConnection,
    targets: Mapping[str, MeshConnection],
    roster: Roster,
    redis: Redis,
    *,
    subscriber_seconds: float,
) -> Shipment:
    """Ships what waits in the outbox of `source`, oldest first.

    What somebody takes whom the roster does not know, and who was seen within `subscriber_seconds`, stays owed.
    """
    events = await source.rows(_WAITING, {"limit": SHIPMENT})
    domains = await deliver(targets, [(event, roster.subscribers(event.name)) for event in events])
    await _publish_live(redis, source.domain, events)
    known = as_arrays(roster.subscriptions().get(source.domain, []))
    owed = await source.rows(_SHIPPED, {"ids": [event.id for event in events], "seconds": subscriber_seconds, **known})
    return Shipment(len(events), domains, len(owed))


async def deliver(targets: Mapping[str, MeshConnection], events: Iterable[tuple[Any, Sequence[Actor]]]) -> set[str]:
    """Makes of each event a job of each of the actors, in the domains' databases; tells which domains."""
    work: defaultdict[str, list[JobRow]] = defaultdict(list)
    for event, actors in events:
        for actor in actors:
            work[actor.domain].append(_job_for(event, actor))
    for domain, jobs in work.items():
        await _deliver(targets[domain], jobs)
    return set(work)


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
