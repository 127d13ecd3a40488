"""Workers that are told to stop, politely, and then again."""

import signal

from tests.support.ledger import Ledger
from tests.support.mesh import Mesh
from tests.support.mesh_domains import Outside, Poke


async def test_fault_12_a_stopping_worker_hands_back_what_it_has_not_run(mesh: Mesh, ledger: Ledger) -> None:
    mesh.start("relay")
    stopping = mesh.start("work")
    await ledger.commit(*(Poke(f"k{number}") for number in range(100)))
    await mesh.until_effects("poke", 10)
    stopping.send(signal.SIGTERM)
    assert await stopping.ended() == 0
    mesh.start("work")
    assert (await ledger.settled()).problems == []
    assert {job["attempt"] for job in await mesh.jobs()} == {1}


async def test_fault_12_jobs_longer_than_the_grace_run_elsewhere(mesh: Mesh, ledger: Ledger) -> None:
    mesh.start("relay")
    stopping = mesh.start("work", **{"TRELLIS_WORKER_GRACE_SECONDS": "0.5"})
    await ledger.commit(*(Outside(f"long {number}", seconds=2.0) for number in range(4)))
    await mesh.until_running(4)
    stopping.send(signal.SIGTERM)
    assert await stopping.ended() == 0
    mesh.start("work")
    assert (await ledger.settled()).problems == []


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
