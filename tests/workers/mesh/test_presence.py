"""The heartbeat keeps what runs, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.database import RELAY_ROLE, Database, database_url
from shared_models.kernel.ids import new_id
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Lane
from tests.support.mesh import Mesh, once
from tests.support.mesh_domains import ROSTER, Linger, Misbehave, Outside, Poked
from tests.support.ports import free_port
from workers.mesh.actors import ActorSet, Attempt, Delivery, Policy
from workers.mesh.connection import MeshConnection
from workers.mesh.dispatch import Dispatch
from workers.mesh.execution import Executor
from workers.mesh.presence import Capacity, Presence
from workers.mesh.roster import Roster
from workers.mesh.settings import MeshSettings
from workers.mesh.under_way import UnderWay

_DISPATCH = """
UPDATE job SET state = 'dispatched', attempt = 1, lease_token = %(lease)s, lease_until = now() WHERE id = %(id)s
"""
_LET_PASS = "UPDATE job SET lease_until = now() - interval '1 minute' WHERE id = %(id)s"
_ALIVE = "SELECT lease_until > now() AS alive FROM job WHERE id = %(id)s"


@pytest.fixture
async def register(mesh_settings: KernelSettings) -> AsyncIterator[MeshConnection]:
    """The mesh's connection to the database of `probe`."""
    connection = MeshConnection("probe", database_url(mesh_settings, "probe", role=RELAY_ROLE))
    yield connection
    await connection.close()


async def test_a_worker_names_the_queues_that_it_has_actors_for(mesh: Mesh, register: MeshConnection) -> None:
    actors = ActorSet("probe")

    @actors.on(Poked, policy=Policy(queue="mail"))
    async def note(session: AsyncSession, delivery: Delivery[Poked]) -> None: ...

    queues = {"probe": Roster([actors]).queues("probe"), "other": ["elsewhere"]}
    worker = new_id()
    presence = Presence(worker, [register], Capacity(1, [], queues), UnderWay(), lease_seconds=12)
    await presence.beat(register)
    (row,) = await register.rows("SELECT queues FROM worker WHERE id = %(id)s", {"id": worker})
    assert msgspec.json.decode(row.queues) == ["mail"]
    await presence.leave()


async def test_a_job_whose_end_could_not_be_recorded_loses_its_lease(mesh: Mesh, register: MeshConnection) -> None:
    (id,) = await mesh.enqueue(Misbehave("k", "raise"))
    lease, worker = new_id(), new_id()
    await register.rows(_DISPATCH, {"id": id, "lease": lease})
    # The database lets the job start, and is away from then on.
    nowhere = database_url(mesh.settings, "probe").set(port=free_port())
    database = Database("probe", nowhere)
    executor = Executor(worker, {"probe": database}, {"probe": register}, MeshSettings())
    presence = Presence(worker, [register], Capacity(threads=1, lanes=[]), executor.under_way, lease_seconds=12)
    dispatch = Dispatch("probe", Misbehave.name(), Lane.STANDARD, lease, (id,), mesh.tenant, ({},))
    await executor.run(ROSTER.actors[Misbehave.name()], dispatch)
    await database.close()
    (job,) = await mesh.jobs()
    assert (job["state"], job["worker"]) == ("running", worker)

    await register.rows(_LET_PASS, {"id": id})
    await presence.beat(register)

    assert not (await register.rows(_ALIVE, {"id": id}))[0].alive


async def test_a_job_that_runs_keeps_its_lease(mesh: Mesh, register: MeshConnection) -> None:
    (id,) = await mesh.enqueue(Outside("k"))
    lease, worker = new_id(), new_id()
    await register.rows(_DISPATCH, {"id": id, "lease": lease})
    executor = Executor(worker, {"probe": mesh.database("probe")}, {"probe": register}, MeshSettings())
    presence = Presence(worker, [register], Capacity(threads=1, lanes=[]), executor.under_way, lease_seconds=12)
    alive = []

    async def look(_: Attempt, delivery: Delivery[Outside]) -> None:
        await register.rows(_LET_PASS, {"id": delivery.job_id})
        await presence.beat(register)
        alive.extend(await register.rows(_ALIVE, {"id": delivery.job_id}))

    dispatch = Dispatch("probe", Outside.name(), Lane.STANDARD, lease, (id,), mesh.tenant, ({},))
    actor = msgspec.structs.replace(ROSTER.actors[Outside.name()], external=look)
    await executor.run(actor, dispatch)

    assert [row.alive for row in alive] == [True]
    assert [job["state"] for job in await mesh.jobs()] == ["done"]
    assert executor.under_way.leases() == []


async def test_a_job_that_is_broken_off_at_any_moment_ends_in_one_way(mesh: Mesh, register: MeshConnection) -> None:
    keys = [f"k{number}" for number in range(60)]
    ids = await mesh.enqueue(*(Linger(key) for key in keys))
    executor = Executor(new_id(), {"probe": mesh.database("probe")}, {"probe": register}, MeshSettings())
    for number, id in enumerate(ids):
        lease = new_id()
        await register.rows(_DISPATCH, {"id": id, "lease": lease})
        await register.rows("UPDATE job SET cancel_requested_at = now() WHERE id = %(id)s", {"id": id})
        # From before it has begun to after it has ended, in steps of a quarter of a millisecond.
        handle = asyncio.get_running_loop().call_later(number / 4000, executor.under_way.break_off, id)
        dispatch = Dispatch("probe", Linger.name(), Lane.STANDARD, lease, (id,), mesh.tenant, ({},))
        await executor.run(ROSTER.actors[Linger.name()], dispatch)
        handle.cancel()
    states = await mesh.at_rest()
    rows: list[dict[str, Any]] = await mesh.jobs()
    done = {row["payload"]["key"] for row in rows if row["state"] == "done"}
    assert states["done"] + states["cancelled"] == len(keys)
    assert await mesh.effects("linger") == once(done)
