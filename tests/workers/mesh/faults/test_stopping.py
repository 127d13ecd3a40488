"""Workers that are told to stop, politely, and then again."""

import asyncio
import signal

from shared_models.kernel.job_control import JobFilter, cancel
from tests.support.ledger import Ledger
from tests.support.mesh import PATIENT, Mesh
from tests.support.mesh_domains import Linger, Outside, Poke


async def test_fault_12_a_stopping_worker_hands_back_what_it_has_not_run(mesh: Mesh, ledger: Ledger) -> None:
    mesh.start("relay")
    stopping = mesh.start("work", **PATIENT)
    await ledger.commit(*(Poke(f"k{number}") for number in range(100)))
    await mesh.until_effects("poke", 10)
    stopping.send(signal.SIGTERM)
    assert await stopping.ended() == 0
    mesh.start("work", **PATIENT)
    assert (await ledger.settled()).problems == []
    assert {job["attempt"] for job in await mesh.jobs()} == {1}


async def test_fault_12_jobs_longer_than_the_grace_run_elsewhere(mesh: Mesh, ledger: Ledger) -> None:
    mesh.start("relay")
    # Were they not handed back, they would wait for their leases to end.
    stopping = mesh.start("work", **{"TRELLIS_WORKER_GRACE_SECONDS": "0.5", "TRELLIS_RUNNING_LEASE_SECONDS": "600"})
    longer = [
        *(Outside(f"outside {n}", seconds=2.0) for n in range(2)),
        *(Linger(f"inside {n}", 2.0) for n in range(2)),
    ]
    await ledger.commit(*longer)
    await mesh.until_running(4)
    stopping.send(signal.SIGTERM)
    assert await stopping.ended() == 0
    mesh.start("work", **PATIENT)
    assert (await ledger.settled()).problems == []
    assert {(job["attempt"], job["crashes"]) for job in await mesh.jobs()} == {(1, 0)}


async def test_fault_12_a_stopping_worker_takes_no_more(mesh: Mesh, ledger: Ledger) -> None:
    # What it took all the same would not come back before the grace is over, nor before its lease is.
    mesh.start("relay", **{"TRELLIS_DISPATCH_LEASE_SECONDS": "600"})
    stopping = mesh.start("work", **{"TRELLIS_WORKER_GRACE_SECONDS": "600", "TRELLIS_JOB_SECONDS": "3600"})
    (long,) = await ledger.commit(Outside("long", seconds=3600.0))
    await mesh.until_running(1)
    stopping.send(signal.SIGTERM)
    await asyncio.sleep(1.0)  # by now it has begun to stop
    mesh.start("work")
    await mesh.enqueue(*(Poke(f"k{number}") for number in range(50)))
    await mesh.until_effects("poke", 50)
    assert stopping.running
    async with mesh.transaction() as session:
        await cancel(session, JobFilter(ids=[long]))
    assert await stopping.ended() == 0


async def test_fault_12_a_worker_told_to_stop_twice_stops_at_once(mesh: Mesh, ledger: Ledger) -> None:
    mesh.start("relay")
    stopping = mesh.start("work", **{"TRELLIS_WORKER_GRACE_SECONDS": "60"})
    await ledger.commit(*(Outside(f"long {number}", seconds=3.0) for number in range(4)))
    await mesh.until_running(4)
    stopping.send(signal.SIGTERM)
    stopping.send(signal.SIGTERM)
    await stopping.ended()
    mesh.start("work")
    assert (await ledger.settled()).problems == []
