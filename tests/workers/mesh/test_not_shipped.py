"""An event that cannot be given to a subscriber waits, and keeps nothing else waiting."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from shared_models.kernel.database import database_url
from shared_models.kernel.ids import new_id
from shared_models.kernel.jobs import Keys
from shared_models.kernel.mesh import emit
from shared_models.kernel.tenancy import Lane
from tests.support.claimant import Claimant
from tests.support.leading import leading, relay_of
from tests.support.mesh import Mesh
from tests.support.mesh_domains import ROSTER, Outside, Poked, mirror, probe
from tests.support.ports import free_port
from workers.mesh.actors import ActorSet, Policy
from workers.mesh.connection import MeshConnection
from workers.mesh.presence import Capacity, Presence
from workers.mesh.relay.relay import Found
from workers.mesh.roster import Roster
from workers.mesh.under_way import UnderWay


def _no_keys(payload: Poked) -> Keys:
    raise ZeroDivisionError


def _roster_with_a_fault() -> Roster:
    """The test domains, where the keys of a subscriber's events cannot be told."""
    faulty = ActorSet("mirror")
    actor = msgspec.structs.replace(mirror.actors["mirror.reflect"], policy=Policy(keys=_no_keys))
    faulty.actors = {**mirror.actors, actor.name: actor}
    return Roster([probe, faulty])


def away(mesh: Mesh) -> MeshConnection:
    """A connection to where no database is."""
    return MeshConnection("mirror", database_url(mesh.settings, "mirror").set(port=free_port()))


@pytest.mark.parametrize("roster", [ROSTER, _roster_with_a_fault()], ids=["database away", "keys that fail"])
async def test_it_is_not_tried_at_each_look_and_the_jobs_go_on(mesh: Mesh, claimant: Claimant, roster: Roster) -> None:
    async with relay_of(mesh, roster) as relay:
        if roster is ROSTER:
            relay.databases["mirror"] = away(mesh)
        domain = leading(relay)
        async with mesh.transaction() as session:
            await emit(session, Poked("k"))
        assert [await domain.look() for _ in range(2)] == [Found.NOTHING] * 2
        assert domain.leads

        database, capacity = relay.databases["probe"], Capacity(threads=1, lanes=[Lane.STANDARD])
        presence = Presence(new_id(), [database], capacity, UnderWay(), lease_seconds=12)
        await presence.beat(database)
        await mesh.enqueue(Outside("k"))
        await domain.look()
        assert [job["state"] for job in await mesh.jobs()] == ["dispatched"]


async def test_it_is_tried_again(mesh: Mesh, claimant: Claimant) -> None:
    async with relay_of(mesh, ROSTER) as relay:
        there, relay.databases["mirror"] = relay.databases["mirror"], away(mesh)
        domain = leading(relay)
        async with mesh.transaction() as session:
            await emit(session, Poked("k"))
        await domain.look()
        relay.databases["mirror"] = there
        async with asyncio.timeout(30):
            while not await mesh.jobs("mirror"):
                await asyncio.sleep(0.02)
                await domain.look()
        delivered = await mesh.jobs("mirror")
        assert {job["event_name"] for job in delivered} == {Poked.name()}
        assert len({job["name"] for job in delivered}) == len(delivered)  # to each subscriber once
        await there.rows("DELETE FROM job WHERE tenant_id = %(tenant)s", {"tenant": mesh.tenant})
