"""Ships a domain's outbox: each event becomes a job of each subscriber, in the subscriber's own database.

The job's id derives from event and actor, so shipping twice, after a crash in between, is shipping once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis
from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.postgresql import insert

from shared_models.kernel.database import Database
from shared_models.kernel.ids import derived_id
from shared_models.kernel.live import LiveEvent, channel
from shared_models.kernel.mesh_tables import job, outbox
from workers.mesh.roster import Roster

#: Events shipped in one go.
SHIPMENT = 500

_WAITING = select(outbox).order_by(outbox.c.id).limit(SHIPMENT)


async def ship(source: Database, targets: Mapping[str, Database], roster: Roster, redis: Redis) -> set[str] | None:
    """Ships what waits in the outbox of `source`, oldest first.

    Returns the domains that were given work, or None when the outbox was empty.
    """
    async with source.engine.connect() as connection:
        events = (await connection.execute(_WAITING)).all()
    if not events:
        return None
    work: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        for actor in roster.subscribers(event.name):
            work[actor.domain].append(_job_for(event, actor.name, actor.max_attempts))
    for domain, jobs in work.items():
        async with targets[domain].engine.begin() as connection:
            await connection.execute(insert(job).on_conflict_do_nothing(index_elements=["id"]), jobs)
    await _publish_live(redis, source.domain, events)
    async with source.engine.begin() as connection:
        await connection.execute(delete(outbox).where(outbox.c.id.in_([event.id for event in events])))
    return set(work)


def _job_for(event: Row[Any], actor: str, max_attempts: int) -> dict[str, Any]:
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


async def _publish_live(redis: Redis, domain: str, events: Sequence[Row[Any]]) -> None:
    async with redis.pipeline(transaction=False) as pipeline:
        for event in events:
            live = LiveEvent(event.name, event.tenant_id, event.payload)
            pipeline.publish(channel(domain), msgspec.json.encode(live))
        await pipeline.execute()
