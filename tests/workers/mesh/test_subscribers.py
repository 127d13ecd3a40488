"""While a release replaces another: what a newer one takes is not lost by a relay of the older."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from shared_models.kernel.database import RELAY_ROLE, database_url
from shared_models.kernel.mesh import emit
from shared_models.kernel.settings import KernelSettings
from tests.support.conditions import UNKNOWN_ACTOR
from tests.support.mesh import Mesh, once
from tests.support.mesh_domains import DOMAINS, ROSTER, Outside, Poke, Poked, mirror, probe
from tests.support.ports import free_port
from workers.mesh.actors import ActorSet
from workers.mesh.connection import MeshConnection
from workers.mesh.relay.owing import Owing
from workers.mesh.relay.shipping import Shipment, ship
from workers.mesh.roster import Roster
from workers.mesh.subscribers import Subscribers

_DECLARED = "SELECT actor FROM subscriber WHERE event_name = %(event)s ORDER BY actor"
_KEPT = "SELECT owed_to FROM event_owed WHERE tenant_id = %(tenant)s"
_NOBODY = "DELETE FROM subscriber"
_LONG_AGO = "UPDATE subscriber SET seen_at = now() - interval '2 hours' WHERE actor = %(actor)s"
_OWED_AGAIN = """
INSERT INTO event_owed (id, tenant_id, name, payload, lane, tier, trace, occurred_at, owed_to)
VALUES (%(id)s, %(tenant)s, 'probe.Poked', '{"key": "k"}', 2, 'STANDARD', '{}', now(), '{mirror.reflect}')
"""
_JOBS = "SELECT name FROM job WHERE tenant_id = %(tenant)s ORDER BY name"

#: Seconds for which a subscriber is believed to be there.
AN_HOUR = 3600.0


class Databases:
    """The test domains' databases, as relays have them, in which nobody has declared anything yet."""

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        self.each = {
            domain: MeshConnection(domain, database_url(mesh.settings, domain, role=RELAY_ROLE)) for domain in DOMAINS
        }

    async def ship(self, roster: Roster) -> Shipment:
        """As a relay with this roster does."""
        return await ship(self.each["probe"], self.each, roster, self.mesh.redis, subscriber_seconds=AN_HOUR)

    async def pay(self, roster: Roster) -> list[str]:
        """One round of what a relay with this roster pays; returns the domains that were given work."""
        woken: list[str] = []

        async def wake(domain: str) -> None:
            woken.append(domain)

        owing = Owing(self.each["probe"], self.each, roster, wake, subscriber_seconds=AN_HOUR)
        await owing.attend()
        return woken

    async def kept(self) -> list[list[str]]:
        """To whom the tenant's events are owed."""
        rows = await self.each["probe"].rows(_KEPT, {"tenant": self.mesh.tenant})
        return [sorted(row.owed_to) for row in rows]

    async def jobs(self) -> list[str]:
        """The jobs that were made of the tenant's events."""
        return [row.name for row in await self.each["mirror"].rows(_JOBS, {"tenant": self.mesh.tenant})]

    async def poked(self) -> None:
        """Commits an event."""
        async with self.mesh.transaction() as session:
            await emit(session, Poked("k"))


@pytest.fixture
async def databases(mesh: Mesh) -> AsyncIterator[Databases]:
    databases = Databases(mesh)
    await databases.each["probe"].rows(_NOBODY)
    yield databases
    await databases.each["probe"].rows(_NOBODY)
    for database in databases.each.values():
        await database.rows("DELETE FROM job WHERE tenant_id = %(tenant)s", {"tenant": mesh.tenant})
        await database.close()


def without(*names: str) -> Roster:
    """The roster of a release that does not know some actors."""
    sets = []
    for full in (probe, mirror):
        actors = ActorSet(full.domain)
        actors.actors = {name: actor for name, actor in full.actors.items() if name not in names}
        sets.append(actors)
    return Roster(sets)


async def declare(settings: KernelSettings, *rosters: Roster) -> None:
    for roster in rosters:
        assert await Subscribers(roster, settings).declare()


async def test_who_takes_what_is_declared_where_it_is_told(databases: Databases) -> None:
    await declare(databases.mesh.settings, ROSTER, ROSTER)
    rows = await databases.each["probe"].rows(_DECLARED, {"event": Poked.name()})
    assert [row.actor for row in rows] == ["mirror.collect", "mirror.reflect"]


@pytest.mark.parametrize("unknown", [["mirror.reflect"], ["mirror.collect", "mirror.reflect"]], ids=["one", "all"])
async def test_an_older_relay_serves_whom_it_knows_and_a_newer_one_the_others(
    databases: Databases, unknown: Sequence[str]
) -> None:
    older = without(*unknown)
    await declare(databases.mesh.settings, older, ROSTER)
    known = [name for name in ("mirror.collect", "mirror.reflect") if name not in unknown]
    await databases.poked()
    assert await databases.ship(older) == Shipment(1, {"mirror"} if known else set(), owed=1)
    assert (await databases.jobs(), await databases.kept()) == (known, [list(unknown)])
    assert await databases.pay(older) == []  # it cannot, and it does not forget either
    assert (await databases.jobs(), await databases.kept()) == (known, [list(unknown)])
    assert await databases.pay(ROSTER) == ["mirror"]
    assert (await databases.jobs(), await databases.kept()) == (["mirror.collect", "mirror.reflect"], [])
    assert await databases.pay(ROSTER) == []


async def test_what_is_owed_to_several_may_be_paid_by_several(databases: Databases) -> None:
    await declare(databases.mesh.settings, ROSTER)
    await databases.poked()
    await databases.ship(without("mirror.collect", "mirror.reflect"))
    await databases.pay(without("mirror.collect"))
    assert (await databases.jobs(), await databases.kept()) == (["mirror.reflect"], [["mirror.collect"]])
    await databases.pay(without("mirror.reflect"))
    assert (await databases.jobs(), await databases.kept()) == (["mirror.collect", "mirror.reflect"], [])


async def test_what_was_delivered_and_not_settled_is_delivered_once(databases: Databases) -> None:
    await declare(databases.mesh.settings, ROSTER)
    await databases.poked()
    await databases.ship(without("mirror.reflect"))
    rows: list[Any] = await databases.each["probe"].rows("SELECT id FROM event_owed")
    assert len(rows) == 1
    await databases.pay(ROSTER)
    # As if the relay had died in between, and its server forgotten the rest.
    await databases.each["probe"].rows(_OWED_AGAIN, {"id": rows[0].id, "tenant": databases.mesh.tenant})
    await databases.pay(ROSTER)
    assert (await databases.jobs(), await databases.kept()) == (["mirror.collect", "mirror.reflect"], [])


async def test_a_subscriber_that_nobody_knows_any_more_is_none(databases: Databases) -> None:
    older = without("mirror.reflect")
    await declare(databases.mesh.settings, ROSTER)
    await databases.poked()
    await databases.ship(older)
    await databases.each["probe"].rows(_LONG_AGO, {"actor": "mirror.reflect"})
    await databases.poked()
    assert (await databases.ship(older)).owed == 0  # what happens now is not kept
    await databases.pay(older)
    assert (await databases.jobs(), await databases.kept()) == (["mirror.collect"] * 2, [])  # nor what was


async def test_a_database_that_is_away_is_told_of(mesh: Mesh) -> None:
    nowhere = mesh.settings.model_copy(update={"database_url": f"postgresql://nobody@127.0.0.1:{free_port()}/postgres"})
    assert not await Subscribers(ROSTER, nowhere).declare()


async def test_a_rolling_deploy_loses_nothing_whichever_goes_first(mesh: Mesh) -> None:
    older = {UNKNOWN_ACTOR: "mirror.reflect"}
    relay = mesh.start("relay", **older)
    worker = mesh.start("work", **older)
    await mesh.enqueue(Outside("begun"))
    await mesh.until_effects("outside", 1)
    # The new worker comes first: what it takes, the old relay does not know.
    mesh.start("work")
    source = MeshConnection("probe", database_url(mesh.settings, "probe", role=RELAY_ROLE))
    async with asyncio.timeout(60):
        while "mirror.reflect" not in [row.actor for row in await source.rows(_DECLARED, {"event": Poked.name()})]:
            await asyncio.sleep(0.02)
    await source.close()
    worker.send(signal.SIGTERM)
    keys = [f"k{number}" for number in range(20)]
    await mesh.enqueue(*(Poke(key) for key in keys))
    await mesh.until_effects("poke", 20)
    assert await mesh.at_rest()
    assert await mesh.effects("collect", "mirror") == once(keys)
    assert await mesh.effects("reflect", "mirror") == {}
    # Then comes the new relay.
    mesh.start("relay")
    relay.send(signal.SIGTERM)
    async with asyncio.timeout(60):
        while sum((await mesh.effects("reflect", "mirror")).values()) < 20:
            await asyncio.sleep(0.05)
    await mesh.at_rest()
    for actor in ("reflect", "collect"):
        assert await mesh.effects(actor, "mirror") == once(keys)
