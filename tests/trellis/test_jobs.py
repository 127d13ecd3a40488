"""`trellis jobs`, as a process of its own, over real databases."""

from __future__ import annotations

import asyncio
import doctest
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from observability.redaction import REDACTED
from shared_models.kernel.ids import new_id
from shared_models.kernel.job_state import JobState
from shared_models.kernel.settings import KernelSettings
from tests.support.job_rows import NOON, JobRows
from tests.support.platform import clean_environment
from trellis.cli import main
from trellis.jobs import tables

DEAD: dict[str, Any] = {
    "state": JobState.DEAD,
    "finished_at": NOON,
    "attempt": 3,
    "error": {"code": "BROKEN", "message": "It broke."},
}


class Done(NamedTuple):
    """How a command ended, and what it said."""

    returncode: int | None
    stdout: str
    stderr: str


Run = Callable[..., Awaitable[Done]]


@pytest.fixture
def tenant() -> UUID:
    return new_id()


@pytest.fixture
async def rows(settings: KernelSettings) -> AsyncIterator[JobRows]:
    rows = JobRows(settings, "orders", "billing")
    yield rows
    await rows.close()


@pytest.fixture
def environment(settings: KernelSettings, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of the commands, which is also that of this process."""
    given = {
        "TRELLIS_DATABASE_URL": settings.database_url,
        "TRELLIS_REDIS_URL": settings.redis_url,
        "TRELLIS_SECRET": settings.secret.get_secret_value(),
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return clean_environment() | given


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., list[str]]:
    """The words of a command of the group, in its own home."""
    return lambda *args: ["jobs", *map(str, args), "--home", str(tmp_path)]


@pytest.fixture
def act(environment: dict[str, str], command: Callable[..., list[str]]) -> Run:
    """Runs a command as a process of its own: one that intervenes sets up logs and traces for all of a process."""

    async def run_process(*args: object) -> Done:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "trellis", *command(*args), env=environment, stdin=DEVNULL, stdout=PIPE, stderr=PIPE
        )
        out, err = await process.communicate()
        return Done(process.returncode, out.decode(), err.decode())

    return run_process


@pytest.fixture
def look(environment: dict[str, str], command: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command that only looks, in this process."""

    async def run_here(*args: object) -> Done:
        status = await asyncio.to_thread(main, command(*args))
        return Done(status, *capsys.readouterr())

    return run_here


def lines(done: Done) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def refusal(done: Done) -> str:
    """The code of a command that was refused in one line."""
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr.splitlines()[-1].partition(":")[0]


async def test_list_and_show(look: Run, rows: JobRows, tenant: UUID) -> None:
    dead = await rows.add("orders", tenant, progress={"done": 2, "total": 4, "note": "half"}, **DEAD)
    waiting = await rows.add("billing", tenant, minute=1)
    found = lines(await look("list", "--tenant", tenant, "--format", "json"))
    assert [(job["id"], job["state"], job["lane"]) for job in found] == [
        (str(waiting), "queued", "standard"),
        (str(dead), "dead", "standard"),
    ]
    for options in (("--state", "dead"), ("--domain", "orders"), ("--name", "orders.Thing", "--lane", "standard")):
        sifted = lines(await look("list", "--tenant", tenant, *options, "--format", "json"))
        assert [job["id"] for job in sifted] == [str(dead)]
    assert lines(await look("list", "--tenant", tenant, "--limit", 1, "--format", "json")) == found[:1]
    shown = {"arguments": {"number": "T-1", "secret": REDACTED}}
    assert lines(await look("show", dead, "--format", "json")) == [found[1] | shown]

    table = (await look("list", "--tenant", tenant)).stdout
    assert all(words in table for words in (str(dead), "BROKEN: It broke.", "2/4 half", "3/3"))
    sheet = (await look("show", dead)).stdout
    assert all(words in sheet for words in (str(dead), str(tenant), "BROKEN: It broke.", "a" * 32, "T-1"))


async def test_what_a_job_says_is_no_word_to_the_terminal(look: Run, rows: JobRows, tenant: UUID) -> None:
    error = {"code": "BROKEN", "message": "[/red]\x1b[2Jgone"}
    job = await rows.add("orders", tenant, queue="[/bold]", payload={"text": "\x9b2J"}, **DEAD | {"error": error})
    for words in (("list", "--tenant", tenant), ("show", job), ("queues", "--domain", "orders")):
        shown = await look(*words)
        assert shown.returncode == 0
        assert "[/bold]" in shown.stdout
        assert not {"\x1b", "\x9b"} & set(shown.stdout)


async def test_retry_and_cancel(act: Run, look: Run, rows: JobRows, tenant: UUID) -> None:
    dead = [await rows.add(domain, tenant, **DEAD) for domain in ("orders", "billing")]
    assert refusal(await act("retry", *dead, new_id())) == "NOT_FOUND"
    retried = await act("retry", *dead, "--format", "json")
    assert [(job["id"], job["state"]) for job in lines(retried)] == [(str(id), "queued") for id in dead]
    told = [json.loads(line) for line in retried.stderr.splitlines()]
    told = [line for line in told if line["event"] == "jobs.replay"]
    assert sorted(line["jobs"] for line in told) == sorted([str(id)] for id in dead)
    assert all("at the terminal" in line["by"] and line["trace_id"] for line in told)
    assert refusal(await act("retry", dead[0])) == "NOT_DEAD"
    cancelled = lines(await act("cancel", *dead, "--format", "json"))
    assert {job["state"] for job in cancelled} == {"cancelled"}


async def test_replay_asks_first(act: Run, look: Run, rows: JobRows, tenant: UUID) -> None:
    dead = await rows.add("orders", tenant, **DEAD)
    which = ("--tenant", tenant, "--name", "orders.Thing", "--since", "2026-11-20")
    assert refusal(await act("replay", *which)) == "NOT_CONFIRMED"
    assert lines(await look("show", dead, "--format", "json"))[0]["state"] == "dead"
    for options, replayed in ((("--error", "OTHER"), 0), ((), 1), ((), 0)):
        done = await act("replay", *which, *options, "--yes")
        assert (done.returncode, done.stdout) == (0, f"{replayed} replayed\n"), done.stderr
    assert lines(await look("show", dead, "--format", "json"))[0]["state"] == "queued"


async def test_queues_pause_and_resume(act: Run, look: Run, rows: JobRows, tenant: UUID) -> None:
    queue = f"queue-{new_id()}"
    await rows.add("orders", tenant, queue=queue)
    for command, paused in (("pause", True), ("resume", False)):
        assert (await act(command, "orders", queue)).stdout == f"orders {queue}: {command}d\n"
        (found,) = [row for row in lines(await look("queues", "--format", "json")) if row["name"] == queue]
        assert (found["depth"], found["paused"]) == (1, paused)
    assert queue in (await look("queues", "--domain", "orders")).stdout


async def test_watching_jobs_until_they_have_ended(
    look: Run, rows: JobRows, tenant: UUID, environment: dict[str, str], command: Callable[..., list[str]]
) -> None:
    well = await rows.add("orders", tenant, state=JobState.RUNNING)
    words = command("watch", well, "--format", "json")
    watching = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "trellis", *words, env=environment, stdout=PIPE
    )
    assert watching.stdout
    assert json.loads(await watching.stdout.readline())["state"] == "running"
    await rows.change("orders", 'UPDATE job SET progress = \'{"done": 1, "total": 2}\' WHERE id = :id', id=well)
    assert json.loads(await watching.stdout.readline())["progress"]["done"] == 1
    await rows.change("orders", "UPDATE job SET state = 'done', finished_at = now() WHERE id = :id", id=well)
    assert json.loads(await watching.stdout.readline())["state"] == "done"
    assert await watching.wait() == 0

    badly = await rows.add("orders", tenant, **DEAD)
    watched = await look("watch", well, badly)
    assert watched.returncode == 1
    assert str(badly) in watched.stdout


async def test_jobs_that_are_watched_no_longer_have_not_ended_well(
    rows: JobRows, tenant: UUID, environment: dict[str, str], command: Callable[..., list[str]]
) -> None:
    id = await rows.add("orders", tenant, state=JobState.RUNNING)
    words = command("watch", id, "--format", "json")
    watching = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "trellis", *words, env=environment, stdout=PIPE
    )
    assert watching.stdout
    assert json.loads(await watching.stdout.readline())["state"] == "running"
    watching.send_signal(signal.SIGINT)
    assert await watching.wait() == 130


async def test_the_mesh_is_watched_until_ctrl_c(
    rows: JobRows, tenant: UUID, environment: dict[str, str], command: Callable[..., list[str]]
) -> None:
    id = await rows.add("orders", tenant, state=JobState.RUNNING, progress={"done": 1, "total": 3})
    terminal = environment | {"FORCE_COLOR": "1", "COLUMNS": "200"}
    watching = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "trellis", *command("watch", "--tenant", tenant), env=terminal, stdout=PIPE
    )
    assert watching.stdout
    async with asyncio.timeout(60):
        seen = await watching.stdout.readuntil("━".encode())
        watching.send_signal(signal.SIGINT)
        assert await watching.wait() == 0
    assert str(id) in seen.decode()
    assert "1/3" in seen.decode()


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("show", "01980000-0000-7000-8000-000000000000"), "NOT_FOUND"),
        (("show", "nonsense"), "NOT_FOUND"),
        (("retry", "nonsense"), "NOT_FOUND"),
        (("cancel", "nonsense"), "NOT_FOUND"),
        (("watch", "01980000-0000-7000-8000-000000000000"), "NOT_FOUND"),
        (("list", "--domain", "warehouse"), "UNKNOWN_NAME"),
        (("list", "--lane", "fast"), "UNKNOWN_NAME"),
        (("list", "--lane", "premium,bulk"), "UNKNOWN_NAME"),
        (("list", "--tenant", "nobody"), "UNKNOWN_TENANT"),
        (("list", "--since", "yesterday"), "BAD_TIME"),
        (("list", "--since", "999999d"), "BAD_TIME"),
        (("pause", "warehouse", "default"), "UNKNOWN_NAME"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
async def test_what_is_refused_is_one_line_with_a_code(look: Run, args: tuple[str, ...], code: str) -> None:
    assert refusal(await look(*args)) == code


async def test_a_user_without_a_name_may_look(look: Run, tenant: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 987_654)
    assert lines(await look("list", "--tenant", tenant, "--format", "json")) == []


async def test_a_queue_that_cannot_be_is_not_paused(act: Run) -> None:
    assert refusal(await act("pause", "orders", "nowhere")) == "UNKNOWN_QUEUE"


@pytest.mark.parametrize(
    "args",
    [
        ("replay", "--state", "done"),
        ("watch", "--format", "json"),
        ("watch", "01980000-0000-7000-8000-000000000000", "--queue", "default"),
        ("list", "--limit", "1001"),
    ],
)
async def test_what_makes_no_sense_is_a_usage_error(look: Run, args: tuple[str, ...]) -> None:
    assert (await look(*args)).returncode == 2


async def test_a_platform_that_is_not_there_is_one_line(look: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRELLIS_DATABASE_URL")
    assert refusal(await look("list")) == "PLATFORM_NOT_FOUND"


def test_the_examples_hold() -> None:
    assert doctest.testmod(tables).failed == 0
