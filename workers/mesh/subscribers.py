"""Makes known to all relays which actors take which events, also to those of an older release.

While a release replaces another, a relay may lead that does not know an actor of the new one. By what is declared here
it knows that there is one, and keeps its events for a relay that knows how to deliver them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from shared_models.kernel.database import RELAY_ROLE, database_url
from shared_models.kernel.settings import KernelSettings
from workers.mesh.connection import MeshConnection
from workers.mesh.roster import Roster

log = structlog.get_logger()

#: How often a process says so within the time that it is believed; seconds until it tries again where it could not.
TIMES = 12
AFTER_FAILURE = 5.0

# All in one order, since many processes say the same at once.
_DECLARE = """
INSERT INTO subscriber (event_name, actor)
SELECT event_name, actor FROM unnest(%(events)s::text[], %(actors)s::text[]) AS declared (event_name, actor)
ORDER BY event_name, actor
ON CONFLICT (event_name, actor) DO UPDATE SET seen_at = now()
"""


class Subscribers:
    """The subscribers that a process knows, by the domains whose events they take."""

    def __init__(self, roster: Roster, settings: KernelSettings) -> None:
        self._subscriptions = roster.subscriptions()
        self._settings = settings

    async def run(self, *, seconds: float) -> None:
        """Declares until cancelled, often enough for what is believed for so many seconds."""
        pause = seconds / TIMES
        while True:
            await asyncio.sleep(pause if await self.declare() else min(pause, AFTER_FAILURE))

    async def declare(self) -> bool:
        """Declares once; False where a domain's database did not take it."""
        declared = [await self._declare(domain, known) for domain, known in self._subscriptions.items()]
        return all(declared)

    async def _declare(self, domain: str, known: Sequence[tuple[str, str]]) -> bool:
        # Not kept: it is used once in a few minutes.
        database = MeshConnection(domain, database_url(self._settings, domain, role=RELAY_ROLE), durable=False)
        try:
            await database.rows(_DECLARE, as_arrays(known))
        except Exception as error:  # whatever it was: it is tried again
            log.warning("mesh.subscribers_not_declared", domain=domain, error=repr(error)[:500])
            return False
        finally:
            await database.close()
        return True


def as_arrays(known: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Pairs of event and actor as the parameters `events` and `actors`."""
    return {"events": [event for event, _ in known], "actors": [actor for _, actor in known]}
