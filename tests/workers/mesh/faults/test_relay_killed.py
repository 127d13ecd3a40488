"""A relay that is killed where it hurts most, and one that wakes up when another leads."""

import asyncio
import signal

import pytest

from tests.support.breakable import Breakable
from tests.support.ledger import Ledger
from tests.support.mesh import Mesh
from tests.support.mesh_domains import Poke
from tests.support.proxy import Fate

#: What a relay says when it claims, and when it publishes.
_CLAIM, _PUBLISH, _SHIP = b"state = 'dispatched', attempt = attempt + 1", b"RPUSH", b"INSERT INTO job"


async def _kill_at(trap_at: str, fate: Fate, servers: Breakable, mesh: Mesh, ledger: Ledger) -> None:
    way = await servers.way()
    marker, proxy = {
        "claim": (_CLAIM, way.postgres),
        "publish": (_PUBLISH, way.redis),
        "ship": (_SHIP, way.postgres),
    }[trap_at]
    victim = mesh.start_at(way.settings, "relay")
    mesh.start("work")
    trap = proxy.trap(marker, fate)
    await ledger.commit(*(Poke(f"k{number}") for number in range(20)))
    await trap.sprung()
    await asyncio.sleep(0.1)  # what has arrived takes effect
    victim.send(signal.SIGKILL)
    mesh.start("relay")
    assert (await ledger.settled()).problems == []
    assert sum((await mesh.effects("reflect", "mirror")).values()) == 20


@pytest.mark.parametrize("fate", [Fate.HELD, Fate.MUTED], ids=["before", "after"])
async def test_fault_2_a_relay_killed_about_its_claim(
    fate: Fate, servers: Breakable, mesh: Mesh, ledger: Ledger
) -> None:
    await _kill_at("claim", fate, servers, mesh, ledger)


@pytest.mark.parametrize("fate", [Fate.HELD, Fate.HALVED, Fate.MUTED], ids=["before", "in the middle", "after"])
async def test_fault_2_a_relay_killed_about_its_publishing(
    fate: Fate, servers: Breakable, mesh: Mesh, ledger: Ledger
) -> None:
    await _kill_at("publish", fate, servers, mesh, ledger)


async def test_fault_2_a_relay_killed_between_two_databases(servers: Breakable, mesh: Mesh, ledger: Ledger) -> None:
    await _kill_at("ship", Fate.MUTED, servers, mesh, ledger)


async def test_fault_8_a_leader_that_loses_its_lease_in_the_middle_of_a_batch(
    servers: Breakable, mesh: Mesh, ledger: Ledger
) -> None:
    way = await servers.way()
    leader = mesh.start_at(way.settings, "relay")
    mesh.start("work")
    await ledger.commit(Poke("first"))
    await mesh.until_effects("poke", 1)
    standby = mesh.start("relay")
    way.redis.hang()
    await ledger.commit(*(Poke(f"a{number}") for number in range(20)))
    async with asyncio.timeout(20):  # claimed, and on the way to Redis
        while not any(job["state"] == "dispatched" for job in await mesh.jobs()):
            await asyncio.sleep(0.02)
    leader.send(signal.SIGSTOP)
    await mesh.until_effects("poke", 21)  # by the standby, when lease and leadership have passed
    way.redis.heal()  # now the first leader's messages arrive, under leases that are over
    leader.send(signal.SIGCONT)
    await ledger.commit(*(Poke(f"b{number}") for number in range(20)))
    assert (await ledger.settled()).problems == []
    assert leader.running
    assert standby.running


async def test_fault_8_two_relays_do_the_work_of_one(mesh: Mesh, ledger: Ledger) -> None:
    for role in ("relay", "relay", "work", "work"):
        mesh.start(role)
    for number in range(10):
        await ledger.commit(*(Poke(f"k{number}/{each}") for each in range(6)))
    assert (await ledger.settled()).problems == []
