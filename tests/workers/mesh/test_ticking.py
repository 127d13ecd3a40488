"""One job for each tick: two relays, a relay that was down, a job that has gone to the history."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from shared_models.kernel.database import RELAY_ROLE, database_url
from shared_models.kernel.settings import KernelSettings
from tests.support.mesh import Mesh
from tests.support.mesh_domains import Poke
from workers.mesh.actors import ActorSet
from workers.mesh.connection import MeshConnection
from workers.mesh.relay.relay import Relay
from workers.mesh.relay.ticking import Ticking
from workers.mesh.roster import Roster
from workers.mesh.schedules import CatchUp, Schedule
from workers.mesh.settings import MeshSettings

_PUT_BACK = "UPDATE schedule SET last_tick = now() - %(hours)s * interval '1 hour' WHERE name = %(name)s"
_JOBS = "SELECT * FROM job WHERE schedule = %(name)s ORDER BY tick"
_LAST_TICK = "SELECT last_tick FROM schedule WHERE name = %(name)s"


def hourly(catch_up: CatchUp = CatchUp.LATEST) -> Schedule:
    """A schedule whose last tick was half an hour ago, as its next one is: none comes while a test looks."""
    minute = (datetime.now(UTC).minute + 30) % 60
    return Schedule(name=f"s{uuid4()}", cron=f"{minute} * * * *", job=Poke("tick"), catch_up=catch_up)


def connected(settings: KernelSettings) -> MeshConnection:
    return MeshConnection("probe", database_url(settings, "probe", role=RELAY_ROLE))


@pytest.fixture
async def relay(mesh_settings: KernelSettings) -> AsyncIterator[MeshConnection]:
    """A relay's connection to `probe`."""
    connection = connected(mesh_settings)
    yield connection
    await connection.rows("DELETE FROM job WHERE schedule IS NOT NULL")
    await connection.close()


async def jobs_of(relay: MeshConnection, schedule: Schedule) -> list[Any]:
    return await relay.rows(_JOBS, {"name": schedule.name})


async def miss(relay: MeshConnection, schedule: Schedule, hours: int) -> None:
    """Lets the schedule have been looked at for the last time some hours ago."""
    await relay.rows(_PUT_BACK, {"name": schedule.name, "hours": hours})


async def test_a_new_schedule_has_missed_nothing(relay: MeshConnection) -> None:
    schedule = hourly(CatchUp.EACH)
    await Ticking(relay, [schedule], lambda: None).attend()
    assert await jobs_of(relay, schedule) == []


async def test_a_tick_is_a_job_of_the_platform_and_moves_the_schedule_on(relay: MeshConnection) -> None:
    schedule, woken = hourly(), []
    ticking = Ticking(relay, [schedule], lambda: woken.append(True))
    await ticking.attend()
    await miss(relay, schedule, 5)
    for _ in range(3):
        await ticking.attend()
    (job,) = await jobs_of(relay, schedule)
    assert (job.tenant_id, job.name, job.state, job.queue) == (None, Poke.name(), "queued", "default")
    assert job.caused_at == job.tick
    assert [row.last_tick for row in await relay.rows(_LAST_TICK, {"name": schedule.name})] == [job.tick]
    assert woken == [True]


@pytest.mark.parametrize(("catch_up", "count"), [(CatchUp.LATEST, 1), (CatchUp.EACH, 5), (CatchUp.NONE, 0)])
async def test_missed_ticks_are_made_up_for_as_the_schedule_says(
    relay: MeshConnection, catch_up: CatchUp, count: int
) -> None:
    schedule = hourly(catch_up)
    ticking = Ticking(relay, [schedule], lambda: None)
    await ticking.attend()
    await miss(relay, schedule, 5)
    await ticking.attend()
    assert len(await jobs_of(relay, schedule)) == count


async def test_many_relays_make_one_job_of_a_tick(mesh_settings: KernelSettings, relay: MeshConnection) -> None:
    schedule = hourly(CatchUp.EACH)
    connections = [connected(mesh_settings) for _ in range(4)]
    relays = [Ticking(connection, [schedule], lambda: None) for connection in connections]
    await asyncio.gather(*(ticking.attend() for ticking in relays))
    await miss(relay, schedule, 7)
    await asyncio.gather(*(ticking.attend() for ticking in relays * 3))
    assert len({job.tick for job in await jobs_of(relay, schedule)}) == len(await jobs_of(relay, schedule)) == 7
    for connection in connections:
        await connection.close()


async def test_a_tick_whose_row_was_put_back_is_not_made_again(relay: MeshConnection) -> None:
    schedule = hourly(CatchUp.EACH)
    ticking = Ticking(relay, [schedule], lambda: None)
    await ticking.attend()
    await miss(relay, schedule, 3)
    await ticking.attend()
    first = await jobs_of(relay, schedule)
    await miss(relay, schedule, 3)
    await ticking.attend()
    assert await jobs_of(relay, schedule) == first


async def test_a_schedule_is_of_its_own_domain_and_has_a_name_of_its_own() -> None:
    actors = ActorSet("mirror")
    with pytest.raises(ValueError, match="performed by probe"):
        actors.schedule(hourly())
    actors = ActorSet("probe")
    schedule = hourly()
    actors.schedule(schedule)
    with pytest.raises(ValueError, match="there are two"):
        actors.schedule(schedule)


async def test_a_relay_keeps_the_schedules_of_its_roster(mesh: Mesh, relay: MeshConnection) -> None:
    schedule, actors = hourly(), ActorSet("probe")
    actors.schedule(schedule)
    running = asyncio.create_task(Relay(Roster([actors]), ["probe"], mesh.settings, MeshSettings()).run())
    async with asyncio.timeout(60):
        while not await relay.rows(_LAST_TICK, {"name": schedule.name}):
            await asyncio.sleep(0.05)
        await miss(relay, schedule, 2)
        while not await jobs_of(relay, schedule):
            await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
