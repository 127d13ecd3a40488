"""People who cancel and replay while jobs run and end."""

import asyncio
import contextlib
from random import Random
from uuid import UUID

from shared_models.kernel.job_control import JobFilter, cancel, replay
from tests.support.ledger import Ledger
from tests.support.mesh import Mesh, once
from tests.support.mesh_domains import BulkPoke, Linger, Misbehave, Outside, Poke


async def test_fault_16_cancelling_and_replaying_race_what_ends(mesh: Mesh, ledger: Ledger) -> None:
    mesh.start("relay")
    for _ in range(2):
        mesh.start("work")
    rng = Random(16)
    ids = await ledger.commit(
        *(Poke(f"p{number}") for number in range(30)),
        *(BulkPoke(f"b{number}") for number in range(30)),
        *(Outside(f"o{number}", seconds=rng.uniform(0, 0.3)) for number in range(20)),
        *(Linger(f"l{number}", seconds=rng.uniform(0, 0.3)) for number in range(20)),
        *(Misbehave(f"d{number}", "discard until replayed", times=9) for number in range(20)),
    )
    rng.shuffle(ids)
    spared = [f"s{number}" for number in range(10)]
    await ledger.commit(*(Misbehave(key, "discard until replayed", times=9) for key in spared))
    await mesh.until_effects("poke", 1)

    async def cancel_some() -> None:
        while ids:
            await _cancel(mesh, [ids.pop() for _ in range(min(3, len(ids)))])

    async def replay_all() -> None:
        while True:
            async with mesh.transaction() as session:
                await replay(session, JobFilter(name=Misbehave.name()))
            await asyncio.sleep(0.02)

    replaying = [asyncio.create_task(replay_all()) for _ in range(2)]
    await asyncio.gather(cancel_some(), cancel_some())
    assert (await ledger.settled()).problems == []
    for task in replaying:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert (await ledger.settled()).problems == []
    assert {job["state"] for job in await mesh.jobs()} <= {"done", "cancelled"}
    # Dead letters that were replayed have been carried out, however many replay them at once.
    effects = await mesh.effects("misbehave")
    assert {key: effects[key] for key in spared} == once(spared)


async def _cancel(mesh: Mesh, ids: list[UUID]) -> None:
    async with mesh.transaction() as session:
        await cancel(session, JobFilter(ids=ids))
