"""Jobs and events from commit to effect."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from sqlalchemy import text

from shared_models.kernel.mesh import emit, enqueue, enqueue_all
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Lane
from tests.support.mesh import Mesh, once
from tests.support.mesh_domains import BulkPoke, Misbehave, Outside, Poke, Poked


@pytest.fixture(scope="module", autouse=True)
async def roles(mesh_settings: KernelSettings) -> AsyncIterator[None]:
    """One relay and one worker for all tests of this module; each test has a tenant of its own."""
    mesh = Mesh(mesh_settings)
    mesh.start("relay")
    mesh.start("work")
    yield
    await mesh.close()


async def test_a_committed_job_has_its_effect_and_its_events_exactly_once(mesh: Mesh) -> None:
    keys = [f"k{number}" for number in range(40)]
    await mesh.enqueue(*(Poke(key) for key in keys))
    states = await mesh.at_rest()
    assert states == {"done": 120}  # 40 pokes, each reflected and collected
    assert await mesh.effects("poke") == once(keys)
    assert await mesh.effects("reflect", "mirror") == once(keys)
    assert await mesh.effects("collect", "mirror") == once(keys)


async def test_what_is_rolled_back_never_happens(mesh: Mesh) -> None:
    with pytest.raises(ZeroDivisionError):
        async with mesh.transaction() as session:
            await enqueue(session, Poke("never"))
            await emit(session, Poked("never"))
            _ = 1 / 0
    await mesh.enqueue(Poke("after"))
    await mesh.at_rest()
    assert await mesh.effects("poke") == once(["after"])
    assert await mesh.effects("reflect", "mirror") == once(["after"])


async def test_the_same_id_is_enqueued_once(mesh: Mesh) -> None:
    job_id = uuid4()
    for _ in range(2):
        async with mesh.transaction() as session:
            assert await enqueue(session, Poke("same"), job_id=job_id) == job_id
    await mesh.at_rest()
    assert await mesh.effects("poke") == once(["same"])


async def test_a_failing_job_is_tried_again_and_its_failures_leave_nothing(mesh: Mesh) -> None:
    await mesh.enqueue(Misbehave("twice", "raise", times=2))
    assert await mesh.at_rest() == {"done": 1}
    assert await mesh.effects("misbehave") == once(["twice"])
    (job,) = await mesh.jobs()
    assert job["attempt"] == 3


async def test_a_job_that_keeps_failing_is_a_dead_letter_with_the_reason(mesh: Mesh) -> None:
    await mesh.enqueue(Misbehave("always", "raise", times=99), Misbehave("unwanted", "discard"))
    assert await mesh.at_rest() == {"dead": 2}
    assert await mesh.effects("misbehave") == {}
    errors = {str(job["error"]["code"]): job["attempt"] for job in await mesh.jobs()}  # type: ignore[index]
    assert errors == {"RuntimeError": 3, "UNWANTED": 1}


async def test_snoozing_counts_no_attempt(mesh: Mesh) -> None:
    await mesh.enqueue(Misbehave("later", "snooze"))
    assert await mesh.at_rest() == {"done": 1}
    (job,) = await mesh.jobs()
    assert job["attempt"] == 1


async def test_a_payload_that_does_not_fit_goes_to_the_dead_letters_alone(mesh: Mesh) -> None:
    async with mesh.transaction() as session:
        await enqueue_all(session, [(Poke(key), uuid4()) for key in ("good", "spoilt", "also good")])
        await session.execute(text("UPDATE job SET payload = '{\"key\": 7}' WHERE payload->>'key' = 'spoilt'"))
    states = await mesh.at_rest()
    assert states["dead"] == 1
    assert await mesh.effects("poke") == once(["good", "also good"])
    assert [job["error"]["code"] for job in await mesh.jobs() if job["state"] == "dead"] == ["PAYLOAD_INVALID"]  # type: ignore[index]


async def test_a_poisoned_batch_is_taken_apart(mesh: Mesh) -> None:
    keys = [f"k{number}" for number in range(10)] + ["poison"]
    async with mesh.transaction() as session:
        await emit(session, *(Poked(key) for key in keys))
    await mesh.at_rest()
    assert await mesh.effects("collect", "mirror") == once(keys)


async def test_work_outside_the_database_completes_with_its_record(mesh: Mesh) -> None:
    await mesh.enqueue(Outside("out", seconds=0.1))
    assert await mesh.at_rest() == {"done": 1}
    assert await mesh.effects("outside") == once(["out"])


async def test_premium_work_does_not_wait_behind_bulk_work(mesh: Mesh) -> None:
    await mesh.enqueue(*(BulkPoke(f"b{number}") for number in range(2_000)))
    await mesh.until_effects("bulk", 5)
    async with mesh.transaction(lane=Lane.PREMIUM) as session:
        await enqueue(session, Poke("urgent"))
    await mesh.until_effects("poke", 1)
    assert sum((await mesh.effects("bulk")).values()) < 1_000
    async with mesh.transaction() as session:
        await session.execute(text("DELETE FROM job WHERE state = 'queued'"))
    await mesh.at_rest()


async def test_an_undecodable_message_harms_no_neighbour(mesh: Mesh) -> None:
    await mesh.redis.rpush("trellis:queue:probe:standard", b"\xff not a message", b'{"also": "none"}')
    await mesh.enqueue(Poke("fine"))
    await mesh.at_rest()
    assert await mesh.effects("poke") == once(["fine"])


async def test_a_job_of_an_unknown_actor_waits_for_a_newer_worker(mesh: Mesh) -> None:
    (job_id,) = await mesh.enqueue(Poke("known"))
    await mesh.at_rest()
    async with mesh.transaction() as session:
        await session.execute(
            text("UPDATE job SET name = 'probe.FromTheFuture', state = 'queued', run_at = now() WHERE id = :id"),
            {"id": job_id},
        )
    await asyncio.sleep(1.0)
    (job,) = await mesh.jobs()
    assert job["state"] in ("queued", "dispatched")
    assert int(str(job["attempt"])) <= 2


async def test_redis_stays_as_shallow_as_the_workers_are_wide(mesh: Mesh) -> None:
    await mesh.enqueue(*(BulkPoke(f"b{number}") for number in range(200)))
    deepest = 0
    while sum((await mesh.effects("bulk")).values()) < 200:
        states = [job["state"] for job in await mesh.jobs()]
        deepest = max(deepest, sum(state in ("dispatched", "running") for state in states))
        await asyncio.sleep(0.02)
    assert 0 < deepest <= 6  # half of two messages for each of the worker's six threads
