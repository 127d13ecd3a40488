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
from shared_models.kernel.live import channel
from workers.mesh.connection import MeshConnection
from workers.mesh.roster import Roster

log = structlog.get_logger()

#: Events shipped in one go.
SHIPMENT = 500

_WAITING = (
    "SELECT id, tenant_id, actor_id, name, payload, lane, trace, occurred_at FROM outbox ORDER BY id LIMIT %(limit)s"
)

_DELIVER = """
INSERT INTO job (id, tenant_id, actor_id, name, payload, event_name, event_id, caused_at, trace, lane, max_attempts)
SELECT id, tenant_id, actor_id, name, payload, event_name, event_id, caused_at, trace, lane, max_attempts
FROM jsonb_to_recordset(%(jobs)s::jsonb) AS delivered (
    id uuid, tenant_id uuid, actor_id uuid, name text, payload jsonb, event_name text, event_id uuid,
    caused_at timestamptz, trace jsonb, lane smallint, max_attempts smallint
)
ON CONFLICT (id) DO NOTHING
"""

_SHIPPED = "DELETE FROM outbox WHERE id = ANY(%(ids)s)"


async def ship(source: MeshConnection, targets: Mapping[str, MeshConnection], roster: Roster, redis: Redis) -> set[str]:
    """Ships what waits in the outbox of `source`, oldest first; returns the domains that were given work."""
    events = await source.rows(_WAITING, {"limit": SHIPMENT})
    work: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        for actor in roster.subscribers(event.name):
            work[actor.domain].append(_job_for(event, actor.name, actor.max_attempts))
    for domain, jobs in work.items():
        await targets[domain].rows(_DELIVER, {"jobs": msgspec.json.encode(jobs).decode()})
    await _publish_live(redis, source.domain, events)
    await source.rows(_SHIPPED, {"ids": [event.id for event in events]})
    return set(work)


def _job_for(event: Any, actor: str, max_attempts: int) -> dict[str, Any]:
    return {
        "id": derived_id(event.id, actor),
        "tenant_id": event.tenant_id,
        "actor_id": event.actor_id,
        "name": actor,
        "payload": event.payload,
        "event_name": event.name,
        "event_id": event.id,
        "caused_at": event.occurred_at,
        "trace": event.trace,
        "lane": event.lane,
        "max_attempts": max_attempts,
    }


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
