"""Who watches a job hears of each step that workers and relays make with it."""

from __future__ import annotations

import asyncio

import pytest

from shared_models.kernel.job_changes import CHANNEL
from shared_models.kernel.jobs import Job
from tests.support.mesh import Mesh
from tests.support.mesh_domains import Misbehave, Outside


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
