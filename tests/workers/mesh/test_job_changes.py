"""Who watches a job hears of each step that workers and relays make with it."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from shared_models.kernel.batches import Failure, start_batch
from shared_models.kernel.job_changes import CHANNEL
from shared_models.kernel.jobs import Job
from tests.support.mesh import Mesh
from tests.support.mesh_domains import Gather, Member, Misbehave, Outside, Poke


@pytest.mark.parametrize(
    ("job", "steps"),
    [
        (Outside("k", seconds=0.5), {"running", "done"}),
        (Misbehave("k", "discard"), {"dead"}),
        (Misbehave("k", "exit", times=9), {"running", "queued", "dead"}),
    ],
    ids=["well", "dead", "quarantined"],
)
async def test_each_step_is_told(mesh: Mesh, job: Job, steps: set[str]) -> None:
    seen: set[object] = set()
    workers = [mesh.start("work")]
    mesh.start("relay")
    async with mesh.redis.pubsub(ignore_subscribe_messages=True) as pubsub, asyncio.timeout(90):
        await pubsub.subscribe(CHANNEL)
        (id,) = await mesh.enqueue(job)
        while not seen & {"done", "dead"}:
            message = await pubsub.get_message(timeout=0.5)
            if message and str(id) in message["data"].decode():
                (row,) = await mesh.jobs()
                seen.add(row["state"])
            if not workers[-1].running:
                workers.append(mesh.start("work"))
    assert seen >= steps


async def test_what_is_cancelled_with_its_batch_is_told(mesh: Mesh) -> None:
    mesh.start("relay")
    async with mesh.redis.pubsub(ignore_subscribe_messages=True) as pubsub, asyncio.timeout(60):
        await pubsub.subscribe(CHANNEL)
        async with mesh.transaction() as session:
            members = [Member("bad"), Poke("waits for a worker that does not come")]
            await start_batch(session, members, then=Gather("all"), on_failure=Failure.CANCELS_REST)
            await session.execute(
                text("UPDATE job SET state = 'dead', finished_at = now() WHERE name = 'probe.Member'")
            )
        untold = {str(row["id"]) for row in await mesh.jobs() if row["state"] != "dead"}
        assert len(untold) == 2
        while untold:
            message = await pubsub.get_message(timeout=0.5)
            untold -= {id for id in untold if message and id in message["data"].decode()}
    assert await mesh.at_rest() == {"dead": 1, "cancelled": 2}
