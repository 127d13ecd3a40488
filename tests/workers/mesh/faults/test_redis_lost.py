"""A Redis that forgets, dies, hangs, is full, refuses, or whose answers are lost on the way."""

import asyncio
import signal

from shared_models.kernel.tenancy import Lane
from tests.support.breakable import Breakable
from tests.support.ledger import Ledger
from tests.support.mesh import PATIENT, Mesh
from tests.support.mesh_domains import Misbehave, Outside, Poke
from tests.support.proxy import Fate
from workers.mesh.dispatch import redis_key


async def test_fault_4_a_redis_that_forgets_everything_again_and_again(mesh: Mesh, ledger: Ledger) -> None:
    mesh.start("relay")
    mesh.start("work")
    await ledger.commit(*(Outside(f"k{number}", seconds=0.2) for number in range(60)))
    lost = 0
    for count in (5, 15, 25, 35):
        await mesh.until_effects("outside", count)
        async with mesh.redis.pipeline(transaction=True) as forgetting:
            forgetting.llen(redis_key("probe", Lane.STANDARD))
            forgetting.flushall()
            waiting, _ = await forgetting.execute()
        lost += waiting
    assert (await ledger.settled()).problems == []
    assert bool(mesh.logged("mesh.rescued")) or not lost


async def test_fault_4_a_redis_killed_without_a_file_while_jobs_run_and_fail(
    servers: Breakable, mesh: Mesh, ledger: Ledger
) -> None:
    mesh.start("relay")
    mesh.start("work")
    await ledger.commit(
        *(Misbehave(f"f{number}", "raise", times=1) for number in range(5)),
        *(Outside(f"o{number}", seconds=0.7) for number in range(10)),
        *(Poke(f"k{number}") for number in range(40)),
    )
    await mesh.until_effects("poke", 5)
    await servers.restart(servers.valkey, signal.SIGKILL)
    await ledger.commit(Poke("after"))
    assert (await ledger.settled()).problems == []


async def test_a_redis_that_refuses(servers: Breakable, mesh: Mesh, ledger: Ledger) -> None:
    servers.end(servers.valkey, signal.SIGKILL)
    mesh.start("relay")
    mesh.start("work", **PATIENT)
    await ledger.commit(*(Poke(f"k{number}") for number in range(10)))
    assert "RedisAway" in (await mesh.until_logged("relay.failed"))[0]["error"]
    assert await mesh.effects("poke") == {}
    await asyncio.to_thread(servers.valkey.start)
    assert (await ledger.settled()).problems == []
    assert {job["attempt"] for job in await mesh.jobs()} == {1}


async def test_a_redis_that_hangs(servers: Breakable, mesh: Mesh, ledger: Ledger) -> None:
    mesh.start("relay")
    mesh.start("work")
    await ledger.commit(Poke("before"))
    await mesh.until_effects("poke", 1)
    await mesh.redis.execute_command("CLIENT", "PAUSE", 60_000, "ALL")
    await ledger.commit(*(Poke(f"k{number}") for number in range(20)))
    line, *_ = await mesh.until_logged("relay.failed")
    assert "RedisAway" in line["error"]
    assert "Timeout" in line["error"]
    await servers.restart(servers.valkey, signal.SIGKILL)  # as whoever sees to it would
    assert (await ledger.settled()).problems == []


async def test_a_redis_that_is_full(mesh: Mesh, ledger: Ledger) -> None:
    mesh.start("relay")
    mesh.start("work", **PATIENT)
    await ledger.commit(Poke("before"))
    await mesh.until_effects("poke", 1)
    await mesh.redis.config_set("maxmemory", "1")
    await ledger.commit(*(Poke(f"k{number}") for number in range(20)))
    assert "OutOfMemoryError" in (await mesh.until_logged("relay.failed"))[0]["error"]
    assert sum((await mesh.effects("poke")).values()) == 1
    await mesh.redis.config_set("maxmemory", "256mb")
    assert (await ledger.settled()).problems == []
    assert {job["attempt"] for job in await mesh.jobs()} == {1}


async def test_fault_5_an_answer_lost_when_a_worker_fetches(servers: Breakable, mesh: Mesh, ledger: Ledger) -> None:
    way = await servers.way()
    trap = way.redis.trap(b"dispatch", Fate.BROKEN, in_answers=True)
    mesh.start("relay")
    mesh.start_at(way.settings, "work", **PATIENT)
    await ledger.commit(*(Poke(f"k{number}") for number in range(20)))
    assert (await ledger.settled()).problems == []
    assert not trap.is_set
    assert {job["attempt"] for job in await mesh.jobs()} == {1}


async def test_fault_5_an_answer_lost_when_the_relay_dispatches(servers: Breakable, mesh: Mesh, ledger: Ledger) -> None:
    way = await servers.way()
    trap = way.redis.trap(b"RPUSH", Fate.UNANSWERED)
    mesh.start_at(way.settings, "relay")
    mesh.start("work")
    await ledger.commit(*(Poke(f"k{number}") for number in range(20)))
    assert (await ledger.settled()).problems == []
    assert not trap.is_set
