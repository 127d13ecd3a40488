"""Killed workers, killed relays, a Redis that forgets: nothing is lost, nothing runs twice."""

import asyncio
import signal

from tests.support.mesh import Mesh, once
from tests.support.mesh_domains import Misbehave, Outside, Poke


async def test_a_worker_killed_in_the_middle_loses_and_repeats_nothing(mesh: Mesh) -> None:
    mesh.start("relay")
    victim = mesh.start("work")
    keys = [f"k{number}" for number in range(400)]
    await mesh.enqueue(*(Poke(key) for key in keys))
    await mesh.until_effects("poke", 20)
    victim.send(signal.SIGKILL)
    mesh.start("work")
    await mesh.at_rest()
    assert await mesh.effects("poke") == once(keys)
    assert await mesh.effects("reflect", "mirror") == once(keys)


async def test_a_relay_killed_in_the_middle_loses_and_repeats_nothing(mesh: Mesh) -> None:
    mesh.start("work")
    victim = mesh.start("relay")
    keys = [f"k{number}" for number in range(400)]
    await mesh.enqueue(*(Poke(key) for key in keys))
    await mesh.until_effects("poke", 20)
    victim.send(signal.SIGKILL)
    mesh.start("relay")
    await mesh.at_rest()
    assert await mesh.effects("poke") == once(keys)
    assert await mesh.effects("collect", "mirror") == once(keys)


async def test_two_relays_do_the_work_of_one(mesh: Mesh) -> None:
    mesh.start("relay")
    mesh.start("relay")
    mesh.start("work")
    mesh.start("work")
    keys = [f"k{number}" for number in range(200)]
    await mesh.enqueue(*(Poke(key) for key in keys))
    await mesh.at_rest()
    assert await mesh.effects("poke") == once(keys)
    assert await mesh.effects("reflect", "mirror") == once(keys)


async def test_a_redis_that_forgets_everything_costs_only_time(mesh: Mesh) -> None:
    mesh.start("relay")
    mesh.start("work")
    keys = [f"k{number}" for number in range(300)]
    await mesh.enqueue(*(Poke(key) for key in keys))
    for count in (10, 60, 120):
        await mesh.until_effects("poke", count)
        await mesh.redis.flushall()
    await mesh.at_rest()
    assert await mesh.effects("poke") == once(keys)
    assert await mesh.effects("reflect", "mirror") == once(keys)


async def test_a_frozen_worker_is_fenced_when_it_thaws(mesh: Mesh) -> None:
    mesh.start("relay")
    zombie = mesh.start("work")
    await mesh.enqueue(Outside("slow", seconds=1.0))
    async with asyncio.timeout(10):
        while [job["state"] for job in await mesh.jobs()] != ["running"]:
            await asyncio.sleep(0.02)
    zombie.send(signal.SIGSTOP)
    mesh.start("work")
    await mesh.at_rest()
    zombie.send(signal.SIGCONT)
    await asyncio.sleep(1.5)
    assert await mesh.effects("outside") == once(["slow"])
    (job,) = await mesh.jobs()
    assert (job["state"], job["attempt"]) == ("done", 2)


async def test_a_long_job_runs_once_while_its_worker_lives(mesh: Mesh) -> None:
    mesh.start("relay")
    mesh.start("work")
    mesh.start("work")
    await mesh.enqueue(Outside("long", seconds=6.0))
    await mesh.at_rest()
    assert await mesh.effects("outside") == once(["long"])
    (job,) = await mesh.jobs()
    assert job["attempt"] == 1


async def test_a_stopping_worker_hands_back_what_it_has_not_run(mesh: Mesh) -> None:
    mesh.start("relay")
    stopping = mesh.start("work")
    keys = [f"k{number}" for number in range(300)]
    await mesh.enqueue(*(Poke(key) for key in keys))
    await mesh.until_effects("poke", 20)
    stopping.send(signal.SIGTERM)
    assert await stopping.ended() == 0
    mesh.start("work")
    await mesh.at_rest()
    assert await mesh.effects("poke") == once(keys)


async def test_a_job_that_kills_its_worker_takes_no_neighbour_with_it(mesh: Mesh) -> None:
    mesh.start("relay")
    first = mesh.start("work")
    await mesh.enqueue(Misbehave("killer", "exit", times=1), *(Poke(f"k{number}") for number in range(5)))
    assert await first.ended() == 3
    for _ in range(3):
        mesh.start("work")
    async with asyncio.timeout(20):
        while sum((await mesh.effects("poke")).values()) < 5:
            await asyncio.sleep(0.05)
    assert await mesh.effects("poke") == once(f"k{number}" for number in range(5))


async def test_a_job_that_never_returns_is_broken_off_and_tried_again(mesh: Mesh) -> None:
    mesh.start("relay")
    mesh.start("work")
    await mesh.enqueue(Outside("stuck", seconds=3600.0))
    async with asyncio.timeout(40):
        while (job := (await mesh.jobs())[0])["attempt"] != 2:
            await asyncio.sleep(0.1)
    assert job["error"] == {"code": "TimeoutError", "message": ""}
    assert await mesh.effects("outside") == {}
