"""Jobs that do harm: to their worker, or by what they are."""

import asyncio
import signal

import msgspec
import psycopg

from tests.support.breakable import Breakable
from tests.support.conditions import MEMORY, UNKNOWN_ACTOR
from tests.support.ledger import Ledger
from tests.support.mesh import PATIENT, Mesh, RoleProcess, once
from tests.support.mesh_domains import Block, Hog, Leave, Misbehave, Outside, Poke
from workers.mesh.dispatch import QUEUE
from workers.mesh.relay.rescue import MOST_CRASHES
from workers.mesh.watchdog import EXIT_STATUS

#: So that the death of a worker is noticed soon.
_SOON = {"TRELLIS_RUNNING_LEASE_SECONDS": "1"}


async def _supervised(mesh: Mesh, worker: RoleProcess) -> RoleProcess:
    """Starts another worker whenever one has died, as a deployment does, until there is a dead letter; the last one."""
    async with asyncio.timeout(60):
        while "dead" not in [job["state"] for job in await mesh.jobs()]:
            if not worker.running:
                worker = mesh.start("work", **_SOON)
            await asyncio.sleep(0.1)
    return worker


async def test_fault_10_a_job_that_the_kernel_kills_its_worker_for_ends_in_the_dead_letters(
    mesh: Mesh, ledger: Ledger
) -> None:
    mesh.start("relay")
    first = mesh.start("work", **_SOON)
    await ledger.commit(Misbehave("killer", "kill", times=99), *(Poke(f"k{number}") for number in range(5)))
    assert await first.ended() == -signal.SIGKILL
    await _supervised(mesh, first)
    assert (await ledger.settled()).problems == []
    (dead,) = [job for job in await mesh.jobs() if job["state"] == "dead"]
    assert (dead["name"], dead["attempt"]) == (Misbehave.name(), 3)
    assert dead["error"]["code"] == "WORKER_LOST"  # type: ignore[index]
    (line,) = await mesh.until_logged("job.dead")
    assert (line["code"], line["job_id"], line["attempt"]) == ("WORKER_LOST", str(dead["id"]), 3)
    assert await mesh.effects("poke") == once(f"k{number}" for number in range(5))


async def test_a_job_that_ends_its_process_each_time_is_quarantined(
    servers: Breakable, mesh: Mesh, ledger: Ledger
) -> None:
    mesh.start("relay")
    first = mesh.start("work", **_SOON)
    await ledger.commit(Leave("leaver"))
    assert await first.ended() == 3
    async with await servers.administer("probe") as connection:
        # It need not wait until it is tried again, and would be tried more often.
        soon = asyncio.create_task(_hurry(connection))
        last = await _supervised(mesh, first)
        soon.cancel()
    await ledger.commit(Poke("after"))
    assert (await ledger.settled()).problems == []
    rows = {job["name"]: job for job in await mesh.jobs()}
    dead, after = rows[Leave.name()], rows[Poke.name()]
    assert (dead["state"], dead["attempt"], dead["crashes"]) == ("dead", MOST_CRASHES, MOST_CRASHES)
    (line,) = await mesh.until_logged("job.dead")
    assert (line["code"], line["job_id"], line["attempt"]) == ("WORKER_LOST", str(dead["id"]), MOST_CRASHES)
    assert after["state"] == "done"
    assert last.running


async def _hurry(connection: psycopg.AsyncConnection) -> None:
    while True:
        await connection.execute("UPDATE job SET run_at = now() WHERE state = 'queued' AND run_at > now()")
        await asyncio.sleep(0.1)


async def test_fault_10_a_job_that_eats_all_memory_ends_in_the_dead_letters(mesh: Mesh, ledger: Ledger) -> None:
    mesh.start("relay")
    worker = mesh.start("work", **{MEMORY: "3000", **PATIENT})
    await ledger.commit(Hog("hog"), *(Poke(f"k{number}") for number in range(5)))
    assert (await ledger.settled()).problems == []
    (dead,) = [job for job in await mesh.jobs() if job["state"] == "dead"]
    assert dead["error"] == {"code": "MemoryError", "message": "Out of memory."}
    (line,) = await mesh.until_logged("job.dead")
    assert (line["code"], line["job_id"]) == ("MemoryError", str(dead["id"]))
    assert await mesh.effects("poke") == once(f"k{number}" for number in range(5))
    assert worker.running


async def test_a_job_that_never_returns_is_broken_off_and_tried_again(mesh: Mesh, ledger: Ledger) -> None:
    mesh.start("relay")
    mesh.start("work", **{"TRELLIS_JOB_SECONDS": "1", **PATIENT})
    await ledger.commit(Outside("stuck", seconds=3600.0))
    line, *_ = await mesh.until_logged("job.retry")
    assert (line["code"], line["actor"], line["attempt"]) == ("TIME_LIMIT_EXCEEDED", Outside.name(), 1)
    async with asyncio.timeout(60):
        while (job := (await mesh.jobs())[0])["attempt"] < 2:  # type: ignore[operator]
            await asyncio.sleep(0.1)
    assert job["error"] == {
        "code": "TIME_LIMIT_EXCEEDED",
        "message": "It took longer than 1 s and was broken off.",
    }
    assert await mesh.effects("outside") == {}


async def test_a_job_that_blocks_its_process_ends_it_and_runs_elsewhere(mesh: Mesh, ledger: Ledger) -> None:
    mesh.start("relay")
    first = mesh.start("work")
    await ledger.commit(Block("blocker"), *(Poke(f"k{number}") for number in range(5)))
    assert await first.ended() == EXIT_STATUS
    mesh.start("work")
    assert (await ledger.settled()).problems == []
    assert await mesh.effects("block") == once(["blocker"])


async def test_fault_10_an_undecodable_message_harms_no_neighbour(mesh: Mesh, ledger: Ledger) -> None:
    mesh.start("relay")
    mesh.start("work")
    messages = _undecodable(b"\xff not a message", b'{"also": "none"}', b"[]", b"x" * 10_000_000)
    await mesh.redis.rpush("trellis:queue:probe:standard", *messages)
    await ledger.commit(Poke("fine"))
    assert (await ledger.settled()).problems == []
    lines = await mesh.until_logged("mesh.undecodable_message", count=len(messages))
    assert len(lines) == len(messages)
    assert all(line["level"] == "error" and line["error"] for line in lines)
    assert len(mesh.log()) < 10_000  # what is in them is not repeated
    assert "Consumer encountered" not in mesh.log()


def _undecodable(*others: bytes) -> list[bytes]:
    """Messages that Dramatiq knows as its own and that are none of the mesh's, and others."""
    nameless: dict[str, object] = {"queue_name": QUEUE, "args": (), "kwargs": {}, "options": {}, "actor_name": [1]}
    of_no_job = nameless | {"actor_name": Poke.name(), "kwargs": {"dispatch": {"jobs": 7}}}
    return [*others, msgspec.json.encode(nameless), msgspec.json.encode(of_no_job)]


async def test_fault_10_an_actor_that_is_unknown_during_a_rolling_deploy_waits_for_a_newer_worker(
    mesh: Mesh, ledger: Ledger
) -> None:
    mesh.start("relay")
    older = mesh.start("work", **{UNKNOWN_ACTOR: Outside.name(), **PATIENT})
    await ledger.commit(Outside("newer"), Poke("known"))
    await mesh.until_effects("poke", 1)
    line, *_ = await mesh.until_logged("mesh.unknown_actor", count=2)
    assert (line["actor"], line["level"]) == (Outside.name(), "warning")
    assert await mesh.effects("outside") == {}
    mesh.start("work", **PATIENT)
    assert (await ledger.settled()).problems == []
    assert {job["attempt"] for job in await mesh.jobs()} == {1}
    assert older.running
