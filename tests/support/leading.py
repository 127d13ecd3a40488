"""A relay in the test's own process, which looks when the test says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.mesh import Mesh
from workers.mesh.relay.leadership import Leadership
from workers.mesh.relay.relay import DomainRelay, Relay
from workers.mesh.roster import Roster
from workers.mesh.settings import MeshSettings


@asynccontextmanager
async def relay_of(mesh: Mesh, roster: Roster) -> AsyncIterator[Relay]:
    """A relay that leads nothing by itself."""
    relay = Relay(roster, ["probe"], mesh.settings, MeshSettings())
    await relay.databases["probe"].rows("DELETE FROM relay_lease")
    yield relay
    await relay.databases["probe"].rows("DELETE FROM relay_lease")
    await relay.databases["probe"].rows("DELETE FROM outbox")
    await asyncio.gather(*(database.close() for database in relay.databases.values()))
    await relay.changes.close()
    await relay.redis.aclose()


def leading(relay: Relay) -> DomainRelay:
    """The relay of `probe`."""
    database = relay.databases["probe"]
    return DomainRelay(relay, database, Leadership(database, relay.id, 60))
