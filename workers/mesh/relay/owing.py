"""Delivers what an older relay shipped and still owed: to subscribers that are known here and were not known there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import structlog

from workers.mesh.connection import MeshConnection
from workers.mesh.relay.shipping import deliver
from workers.mesh.roster import Roster
from workers.mesh.subscribers import as_arrays

log = structlog.get_logger()

#: Events in one round; seconds until the next look, when there is nothing to deliver.
EVENTS = 500
LOOK_SECONDS = 1.0

_MINE = "SELECT actor FROM unnest(%(events)s::text[], %(actors)s::text[]) AS mine (event_name, actor)"

_OWED = f"""
SELECT * FROM event_owed
WHERE EXISTS ({_MINE} WHERE mine.event_name = event_owed.name AND mine.actor = ANY(owed_to)) ORDER BY id LIMIT {EVENTS}
"""

_REST = f"SELECT unnest(owed_to) EXCEPT {_MINE} WHERE mine.event_name = event_owed.name"
_SETTLE = f"DELETE FROM event_owed WHERE id = ANY(%(ids)s) AND NOT EXISTS ({_REST})"
_SETTLE_IN_PART = f"UPDATE event_owed SET owed_to = ARRAY({_REST}) WHERE id = ANY(%(ids)s)"

# There is no such actor any more, or not yet again: it was taken out by a release, or that release was taken back.
_FORGET = """
DELETE FROM event_owed WHERE NOT EXISTS (
    SELECT FROM subscriber
    WHERE event_name = event_owed.name AND actor = ANY(owed_to) AND seen_at > now() - make_interval(secs => %(seconds)s)
) RETURNING name, owed_to
"""


class Owing:
    """What is owed of one domain's events."""

    def __init__(
        self,
        source: MeshConnection,
        targets: Mapping[str, MeshConnection],
        roster: Roster,
        wake: Callable[[str], Awaitable[None]],
        *,
        subscriber_seconds: float,
    ) -> None:
        """`wake` is called with domains that were given work."""
        self._source = source
        self._targets = targets
        self._roster = roster
        self._wake = wake
        self._mine = as_arrays(roster.subscriptions().get(source.domain, []))
        self._seconds = subscriber_seconds

    async def attend(self) -> float:
        """Delivers some; returns the seconds until the next round. What dies in between is delivered again as once."""
        owed = await self._source.rows(_OWED, self._mine)
        if not owed:
            await self._forget()
            return LOOK_SECONDS
        claims = [
            (event, [actor for actor in self._roster.subscribers(event.name) if actor.name in event.owed_to])
            for event in owed
        ]
        domains = await deliver(self._targets, claims)
        async with self._source.transaction() as execute:
            values = {"ids": [event.id for event in owed], **self._mine}
            await execute(_SETTLE, values)
            await execute(_SETTLE_IN_PART, values)
        log.info("relay.paid", domain=self._source.domain, events=len(owed))
        for domain in domains:
            await self._wake(domain)
        return 0.0

    async def _forget(self) -> None:
        forgotten = await self._source.rows(_FORGET, {"seconds": self._seconds})
        if forgotten:
            actors = sorted({actor for row in forgotten for actor in row.owed_to})
            log.warning("relay.forgotten", domain=self._source.domain, events=len(forgotten), actors=actors)
