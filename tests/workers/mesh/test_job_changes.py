"""Who watches a job hears of each step that workers and relays make with it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from shared_models.kernel.batches import Failure, start_batch
from shared_models.kernel.database import RELAY_ROLE, database_url
from shared_models.kernel.job_changes import CHANNEL
from shared_models.kernel.jobs import Job
from tests.support.mesh import HASTY, Mesh, RoleProcess
from tests.support.mesh_domains import Gather, Member, Misbehave, Outside, Poke, Watch
from workers.mesh.connection import MeshConnection

_PAUSE = "INSERT INTO queue_pause (queue) VALUES ('default') ON CONFLICT DO NOTHING"
_RESUME = "DELETE FROM queue_pause"
_TWICE_AT_MOST = text("UPDATE job SET max_attempts = 2")


class Watching:
    """What somebody sees of a job who looks whenever there is news of it."""

    def __init__(self, mesh: Mesh) -> None:
        self._mesh = mesh
        self.worker = self._start_worker()
        mesh.start("relay")
        self.seen: set[object] = set()

    async def states_of(self, job: Job) -> AsyncIterator[object]:
        """Each state that it is seen in, until it has ended; a worker that has died meanwhile is replaced."""
        async with self._mesh.redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(CHANNEL)
            (id,) = await self._mesh.enqueue(job)
            while not self.seen & {"done", "dead"}:
                message = await pubsub.get_message(timeout=0.5)
                if message and str(id) in message["data"].decode():
                    (row,) = await self._mesh.jobs()
                    self.seen.add(row["state"])
                    yield row["state"]
                if not self.worker.running:
                    self.worker = self._start_worker()

    def _start_worker(self) -> RoleProcess:
        return self._mesh.start("work", TRELLIS_JOB_SECONDS="3600", **HASTY)


async def test_a_start_and_an_end_are_told(mesh: Mesh, tmp_path: Path) -> None:
    """The job runs until it is seen to run."""
    watching, seen = Watching(mesh), tmp_path / "seen"
    async with asyncio.timeout(120):
        async for state in watching.states_of(Watch(str(seen))):
            if state == "running":
                seen.touch()
    assert watching.seen == {"running", "done"}


async def test_a_dead_letter_is_told(mesh: Mesh) -> None:
    async with asyncio.timeout(120):
        assert "dead" in [state async for state in Watching(mesh).states_of(Misbehave("k", "discard"))]


@pytest.fixture
async def relay(mesh: Mesh) -> AsyncIterator[MeshConnection]:
    """The relay's connection to `probe`; afterwards no queue is paused."""
    connection = MeshConnection("probe", database_url(mesh.settings, "probe", role=RELAY_ROLE))
    yield connection
    await connection.rows(_RESUME)
    await connection.close()


async def test_what_becomes_of_a_job_whose_worker_has_died_is_told(mesh: Mesh, relay: MeshConnection) -> None:
    """It is not taken up again until it is seen to wait."""
    watching = Watching(mesh)
    async with asyncio.timeout(120):
        async for state in watching.states_of(Outside("k", seconds=3600.0)):
            if state == "running":
                if "queued" not in watching.seen:
                    await relay.rows(_PAUSE)
                    async with mesh.transaction() as session:
                        await session.execute(_TWICE_AT_MOST)
                watching.worker.send(signal.SIGKILL)
            elif state == "queued":
                await relay.rows(_RESUME)
    assert watching.seen >= {"running", "queued", "dead"}


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
