"""A worker that is killed where it hurts most, and one that was only asleep."""

import asyncio
import signal
from typing import NamedTuple

import pytest

from tests.support.breakable import Breakable, Way
from tests.support.ledger import Ledger
from tests.support.mesh import PATIENT, Mesh, once
from tests.support.mesh_domains import Linger, Outside, Poke
from tests.support.proxy import Fate, Trap


class Moment(NamedTuple):
    """When a worker is killed, by what it says just then; and how many attempts the job has had in the end."""

    name: str
    marker: bytes
    fate: Fate
    attempts: int
    after: bytes | None = None

    def trap(self, way: Way) -> Trap:
        """Catches a worker on its way in this moment."""
        return way.postgres.trap(self.marker, self.fate, after=self.after)


#: Finds the connection of a job that has had its effect, and keeps its transaction open.
_IN_ITS_TRANSACTION = """
SELECT FROM pg_stat_activity WHERE state = 'idle in transaction' AND query LIKE 'INSERT INTO effect%'
"""

_STARTS, _EFFECT, _DONE = b"state = 'running', worker", b"INSERT INTO effect", b"state = 'done'"
_MOMENTS = [
    Moment("before the start", _STARTS, Fate.HELD, attempts=1),
    Moment("after the start", _STARTS, Fate.MUTED, attempts=2),
    Moment("in the middle", _EFFECT, Fate.HELD, attempts=2),
    Moment("after the effect, before the commit", b"COMMIT", Fate.HELD, attempts=2, after=_DONE),
    Moment("after the commit, before it is answered", b"COMMIT", Fate.MUTED, attempts=1, after=_DONE),
]


@pytest.mark.parametrize("moment", _MOMENTS, ids=[moment.name for moment in _MOMENTS])
async def test_fault_3_a_worker_killed(moment: Moment, servers: Breakable, mesh: Mesh, ledger: Ledger) -> None:
    way = await servers.way()
    trap = moment.trap(way)
    mesh.start("relay")
    victim = mesh.start_at(way.settings, "work")
    await ledger.commit(Linger("victim"))
    await trap.sprung()
    await asyncio.sleep(0.1)  # what has arrived takes effect
    victim.send(signal.SIGKILL)
    mesh.start("work", **PATIENT)
    assert (await ledger.settled()).problems == []
    assert await mesh.effects("linger") == once(["victim"])
    assert [job["attempt"] for job in await mesh.jobs()] == [moment.attempts]


async def test_fault_3_a_worker_killed_under_load(mesh: Mesh, ledger: Ledger) -> None:
    mesh.start("relay")
    victim = mesh.start("work")
    mesh.start("work")
    await ledger.commit(*(Poke(f"k{number}") for number in range(100)))
    await mesh.until_effects("poke", 10)
    victim.send(signal.SIGKILL)
    assert (await ledger.settled()).problems == []


async def test_fault_7_a_frozen_worker_is_fenced_when_it_thaws(servers: Breakable, mesh: Mesh, ledger: Ledger) -> None:
    mesh.start("relay")
    zombie = mesh.start("work", TRELLIS_JOB_SECONDS="600")
    await ledger.commit(Outside("outside", 4.0), Linger("in a transaction", 4.0))
    await mesh.until_running(2)
    async with await servers.administer("probe") as connection, asyncio.timeout(60):
        while not (await connection.execute(_IN_ITS_TRANSACTION)).rowcount:
            await asyncio.sleep(0.02)
    zombie.send(signal.SIGSTOP)
    mesh.start("work", **PATIENT)
    assert (await ledger.settled()).problems == []
    zombie.send(signal.SIGCONT)
    await mesh.until_logged("job.lease_lost", count=2)
    assert (await ledger.reckoned()).problems == []
    assert [(row["state"], row["attempt"]) for row in await mesh.jobs()] == [("done", 2)] * 2
    assert zombie.running


async def test_fault_9_a_job_ten_leases_long_runs_once(mesh: Mesh, ledger: Ledger) -> None:
    short = {"TRELLIS_RUNNING_LEASE_SECONDS": "2", "TRELLIS_JOB_SECONDS": "600"}
    mesh.start("relay", **short)
    mesh.start("work", **short)
    mesh.start("work", **short)
    await ledger.commit(Outside("long", seconds=20.0))
    assert (await ledger.settled()).problems == []
    assert [row["attempt"] for row in await mesh.jobs()] == [1]
