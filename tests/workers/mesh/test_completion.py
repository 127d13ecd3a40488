"""Jobs without an effect in the database: they travel, and are completed, together, and end each for itself."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from shared_models.kernel.database import RELAY_ROLE, database_url
from shared_models.kernel.settings import KernelSettings
from tests.support.mesh import Mesh, once
from tests.support.mesh_domains import Outing, Poke
from workers.mesh.completion import Completion
from workers.mesh.connection import MeshConnection
from workers.mesh.outcomes import LeaseLost


@pytest.fixture(scope="module", autouse=True)
async def roles(mesh_settings: KernelSettings) -> AsyncIterator[None]:
    """One relay and one worker for all tests of this module; each test has a tenant of its own."""
    mesh = Mesh(mesh_settings)
    mesh.start("relay")
    mesh.start("work")
    yield
    await mesh.close()


@pytest.fixture
async def completion(mesh_settings: KernelSettings) -> AsyncIterator[Completion]:
    """As a worker has it."""
    register = MeshConnection("probe", database_url(mesh_settings, "probe", role=RELAY_ROLE), durable=False)
    yield Completion(register)
    await register.close()


async def test_jobs_that_came_together_are_each_done_once(mesh: Mesh) -> None:
    keys = [f"k{number}" for number in range(60)]
    await mesh.enqueue(*(Outing(key) for key in keys))
    assert await mesh.at_rest() == {"done": 60}
    assert await mesh.effects("outing") == once(keys)


async def test_one_that_fails_is_tried_again_and_those_beside_it_are_not(mesh: Mesh) -> None:
    keys = [f"k{number}" for number in range(9)]
    jobs = [Outing(key) for key in keys]
    await mesh.enqueue(*jobs[:4], Outing("twice", "as told", times=1), Outing("never", "for ever", times=99), *jobs[4:])
    assert await mesh.at_rest() == {"done": 10, "dead": 1}
    assert await mesh.effects("outing") == once(keys) | {"twice": 2, "never": 3}
    (dead,) = [job for job in await mesh.jobs() if job["state"] == "dead"]
    assert dead["error"] == {"code": "RuntimeError", "message": "for ever"}


async def test_a_lease_that_is_lost_completes_nothing(mesh: Mesh, completion: Completion) -> None:
    lease = uuid4()
    held, lost = [await _running(mesh, token) for token in (lease, uuid4())]
    await completion.finish(held, lease)
    with pytest.raises(LeaseLost):
        await completion.finish(lost, lease)
    assert {job["id"]: job["state"] for job in await mesh.jobs()} == {held: "done", lost: "running"}
    with pytest.raises(LeaseLost):
        await completion.finish(held, lease)
    async with mesh.transaction() as session:  # so that nothing of it runs when its lease is over
        await session.execute(text("DELETE FROM job"))


async def _running(mesh: Mesh, lease: UUID) -> UUID:
    """A job that some worker runs under a lease."""
    async with mesh.transaction() as session:
        job_id = uuid4()
        await session.execute(
            text(
                "INSERT INTO job (id, tenant_id, name, payload, trace, lane, max_attempts, state, lease_token,"
                " lease_until) VALUES (:id, :tenant, :name, '{}', '{}', 2, 3, 'running', :lease,"
                " now() + interval '1 minute')"
            ),
            {"id": job_id, "tenant": mesh.tenant, "name": Poke.name(), "lease": lease},
        )
        return job_id
