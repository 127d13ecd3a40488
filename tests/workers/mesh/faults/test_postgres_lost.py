"""A PostgreSQL that restarts, crashes, has no connection left, cannot forget, or whose answers are lost on the way."""

import asyncio
import signal
from pathlib import Path
from typing import NamedTuple

import pytest

from shared_models.kernel.database import RELAY_ROLE
from tests.support.breakable import Breakable
from tests.support.ledger import Ledger
from tests.support.mesh import Mesh
from tests.support.mesh_domains import Linger, Outing, Poke, Watch
from tests.support.proxy import Fate

#: Those of the domain's actors, and of the mesh itself.
_ROLES = ["trellis_probe", RELAY_ROLE]

_END_THOSE_OF = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ANY(%s)"


class Completion(NamedTuple):
    """How a job is completed, by what its worker says then; and how many attempts it has had when that went wrong."""

    job: Linger | Outing
    marker: bytes
    after: bytes | None
    fate: Fate
    attempts: int


_DONE = b"state = 'done'"
_COMPLETIONS = {
    "of a commit that arrived": Completion(Linger("x"), b"COMMIT", _DONE, Fate.UNANSWERED, attempts=1),
    "of a commit that did not": Completion(Linger("x"), b"COMMIT", _DONE, Fate.BROKEN, attempts=2),
    "of jobs that end together": Completion(Outing("x"), b"AS ended (job, lease)", None, Fate.UNANSWERED, attempts=1),
}


@pytest.mark.parametrize("completion", _COMPLETIONS.values(), ids=_COMPLETIONS.keys())
async def test_fault_5_an_answer_lost_when_a_worker_completes(
    completion: Completion, servers: Breakable, mesh: Mesh, ledger: Ledger
) -> None:
    way = await servers.way()
    trap = way.postgres.trap(completion.marker, completion.fate, after=completion.after)
    mesh.start("relay")
    worker = mesh.start_at(way.settings, "work")
    await ledger.commit(completion.job)
    await trap.sprung()
    assert (await ledger.settled()).problems == []
    assert [job["attempt"] for job in await mesh.jobs()] == [completion.attempts]
    assert worker.running


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stops", "crashes"])
async def test_fault_6_a_postgres_that_restarts(
    how: signal.Signals, servers: Breakable, mesh: Mesh, ledger: Ledger
) -> None:
    mesh.start("relay")
    mesh.start("work")
    await ledger.commit(
        *(Poke(f"k{number}") for number in range(60)), *(Linger(f"l{number}", 0.5) for number in range(6))
    )
    await mesh.until_effects("poke", 5)
    restarting = asyncio.create_task(servers.restart(servers.postgres, how))
    number = 0
    while not restarting.done():
        number += 1
        await ledger.commit(Poke(f"meanwhile {number}"))
        await asyncio.sleep(0.05)
    await restarting
    await ledger.commit(Poke("after"))
    assert (await ledger.settled()).problems == []
    # Whoever uses a connection next finds it broken: mostly the relay's next look and the worker's next beat.
    assert mesh.logged("relay.failed") or mesh.logged("relay.not_shipped")
    assert any(mesh.logged(event) for event in ("worker.beat_missed", "job.unsettled", "job.retry"))


async def test_fault_6_no_connection_is_left_when_jobs_finish(
    servers: Breakable, mesh: Mesh, ledger: Ledger, tmp_path: Path
) -> None:
    mesh.start("relay")
    mesh.start("work")
    jobs = [Watch(str(tmp_path / f"w{number}")) for number in range(4)]
    await ledger.commit(*jobs)
    await mesh.until_running(4)
    async with await servers.administer("probe") as connection:
        for role in _ROLES:
            await connection.execute(f"ALTER ROLE {role} CONNECTION LIMIT 0".encode())
        try:
            await connection.execute(_END_THOSE_OF, [_ROLES])
            for job in jobs:
                Path(job.key).touch()
            lines = await mesh.until_logged("job.unsettled")  # the work is done, and that cannot be recorded
            for event in ("relay.failed", "worker.beat_missed"):
                await mesh.until_logged(event)
        finally:
            for role in _ROLES:
                await connection.execute(f"ALTER ROLE {role} CONNECTION LIMIT -1".encode())
    assert (await ledger.settled()).problems == []
    assert "too many connections" in mesh.log()
    assert {(line["actor"], line["level"]) for line in lines} == {(Watch.name(), "error")}


async def test_fault_14_a_snapshot_that_is_held_open(servers: Breakable, mesh: Mesh, ledger: Ledger) -> None:
    mesh.start("relay")
    mesh.start("work")
    async with await servers.administer("probe") as connection, connection.transaction():
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        await connection.execute("SELECT count(*) FROM job")
        for number in range(4):
            await ledger.commit(*(Poke(f"k{number}/{each}") for each in range(40)))
        assert (await ledger.settled()).problems == []
