"""Cancelling what runs: its transaction is rolled back, and it ends as done or as cancelled, never as both."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from shared_models.kernel.batches import Failure, start_batch
from shared_models.kernel.job_control import JobFilter, cancel
from shared_models.kernel.mesh import enqueue
from shared_models.kernel.settings import KernelSettings
from tests.support.mesh import Mesh, once
from tests.support.mesh_domains import Gather, Linger, Member, Outside


@pytest.fixture(scope="module", autouse=True)
async def roles(mesh_settings: KernelSettings) -> AsyncIterator[None]:
    """One relay and one worker for all tests of this module, whose jobs may take for ever."""
    mesh = Mesh(mesh_settings)
    mesh.start("relay")
    mesh.start("work", TRELLIS_JOB_SECONDS="3600")
    yield
    await mesh.close()


async def cancel_now(mesh: Mesh, which: JobFilter) -> None:
    async with mesh.transaction() as session:
        await cancel(session, which)


@pytest.mark.parametrize("job", [Linger("k", seconds=3600), Outside("k", seconds=3600)])
async def test_what_runs_is_broken_off_and_leaves_nothing(mesh: Mesh, job: Linger | Outside) -> None:
    (id,) = await mesh.enqueue(job)
    await mesh.until_running(1)
    await cancel_now(mesh, JobFilter(ids=[id]))
    assert await mesh.at_rest() == {"cancelled": 1}
    assert await mesh.effects("linger") == await mesh.effects("outside") == {}
    (row,) = await mesh.jobs()
    assert (row["lease_token"], row["worker"], row["attempt"]) == (None, None, 1)
    assert row["finished_at"]


async def test_its_worker_goes_on(mesh: Mesh) -> None:
    ids = await mesh.enqueue(*(Linger(f"k{number}", seconds=3600) for number in range(4)))
    await mesh.until_running(4)
    await cancel_now(mesh, JobFilter(ids=ids))
    assert await mesh.at_rest() == {"cancelled": 4}
    await mesh.enqueue(*(Outside(f"after{number}") for number in range(10)))
    await mesh.at_rest()
    assert await mesh.effects("outside") == once(f"after{number}" for number in range(10))


async def test_a_batch_is_cancelled_with_its_members(mesh: Mesh) -> None:
    async with mesh.transaction() as session:
        members = [*(Member(f"k{number}", how="sleep") for number in range(2)), *(Member("later") for _ in range(2))]
        batch = await start_batch(session, members, then=Gather("all"), on_failure=Failure.IGNORED)
        await session.execute(
            text("UPDATE job SET run_at = now() + interval '1 hour' WHERE payload ->> 'key' = 'later'")
        )
    await mesh.until_running(2)
    await cancel_now(mesh, JobFilter(batch_id=batch.id))
    await mesh.at_rest()
    assert await mesh.effects("member") == {}
    assert await mesh.effects("gather") == once(["all done=0 dead=0 cancelled=4"])


async def test_cancelling_races_completion_and_each_ends_in_one_way(mesh: Mesh) -> None:
    keys: dict[UUID, str] = {uuid4(): f"k{number}" for number in range(60)}
    async with mesh.transaction() as session:
        for id, key in keys.items():
            await enqueue(session, Linger(key, seconds=0.05) if id.int % 2 else Outside(key, seconds=0.05), job_id=id)
    for id in keys:
        await cancel_now(mesh, JobFilter(ids=[id]))
        await asyncio.sleep(0.01)
    states = await mesh.at_rest()
    assert states["done"] + states["cancelled"] == len(keys)
    done = {keys[row["id"]] for row in await mesh.jobs() if row["state"] == "done"}  # type: ignore[index]
    assert await mesh.effects("linger") + await mesh.effects("outside") == once(done)


async def test_what_fails_after_it_was_to_be_cancelled_is_not_tried_again(mesh: Mesh) -> None:
    (id,) = await mesh.enqueue(Outside("k", seconds=3600))
    await mesh.until_running(1)
    async with mesh.transaction() as session:
        # As if its worker had died of it: the relay rescues it.
        await session.execute(
            text(
                "UPDATE job SET cancel_requested_at = now(), worker = gen_random_uuid(), "
                "lease_until = now() - interval '1 second', lease_token = gen_random_uuid() WHERE id = :id"
            ),
            {"id": id},
        )
    assert await mesh.at_rest() == {"cancelled": 1}
