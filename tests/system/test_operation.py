"""Started, stopped, started again, disturbed: what an operator sees."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import aiohttp
import psycopg
import pytest

from tests.support.census import Census
from tests.support.normal_user import User, normal_user
from tests.support.platform import PORT_OFFSETS, Client, Platform, clean_environment, free_port_base
from tests.support.ports import free_port
from tests.support.processes import gone, survivors
from trellis.embedded.postgres import EmbeddedPostgres
from trellis.embedded.valkey import EmbeddedValkey

STOP_SECONDS = 10.0
HEALTH = {
    "router": 0,
    "accounts": 1,
    "catalog": 2,
    "orders": 3,
    "billing": 4,
    "audit": 5,
    "worker-1": 20,
    "worker-2": 21,
    "relay": 30,
    "stripe-sandbox": 40,
    "dashboard": 318,
}


@pytest.fixture(scope="module")
def user() -> User:
    """A normal user, where there can be one."""
    return normal_user() or User(os.geteuid())


@pytest.fixture(scope="module")
def home(user: User) -> Iterator[Path]:
    """A directory of the user's; pytest's own are for nobody else to enter."""
    path = Path(tempfile.mkdtemp(prefix="trellis-"))
    user.own(path)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def second(home: Path, user: User) -> Iterator[Platform]:
    """Another platform, beside the one of the session. Not started: the tests here do that, in their order."""
    platform = Platform(home, free_port_base(), user=user)
    yield platform
    platform.end()


async def test_it_runs_beside_another_one(
    second: Platform, platform: Platform, owner: Client, http: aiohttp.ClientSession
) -> None:
    second.start()
    theirs = Client(http, second.url)
    await theirs.log_in("owner@premium.example")
    order_id = (await theirs.place(f"beside-{uuid4()}", ("71053", 1)))["order"]["id"]
    assert await theirs.until(order_id, "PAID") == "PAID"
    assert await owner.data("query($id: ID!) { order(id: $id) { id } }", id=order_id) == {"order": None}
    answer = await owner.execute("{ me { id } }")
    assert "errors" not in answer
    theirs.url = platform.url
    refused = await theirs.execute("{ me { id } }")
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED", "tokens of one are nothing to the other"


def test_it_runs_as_a_normal_user(second: Platform, user: User) -> None:
    if user.uid == 0:
        pytest.skip("no user but root can run this Python")
    owners = {os.stat(f"/proc/{process.pid}").st_uid for process in second.family()}
    assert owners == {user.uid}


@pytest.mark.parametrize("role", HEALTH)
async def test_every_role_tells_its_health(second: Platform, http: aiohttp.ClientSession, role: str) -> None:
    for path in ("/health/live", "/health/ready"):
        async with http.get(f"http://127.0.0.1:{second.port + HEALTH[role]}{path}") as response:
            assert (path, response.status) == (path, 200)


def test_the_doctor_finds_all_well(second: Platform) -> None:
    with Census(second.settings()) as census:
        census.at_rest()  # what follows an order that is paid
    seen = second.run("doctor")
    assert seen.returncode == 0, seen.stdout + seen.stderr
    for domain in ("accounts", "catalog", "orders", "billing", "audit"):
        assert f"{domain}: 0 events to ship, 0 jobs due, 0 in flight, 0 dead; 2 workers; led" in seen.stdout


def test_a_home_in_use_is_refused_and_left_alone(second: Platform, user: User) -> None:
    before = (second.home / "environment.json").read_text()
    intruder = Platform(second.home, free_port_base(), user=user)
    line = refused(intruder.run("up", "--port", str(intruder.port)))
    assert line.startswith("HOME_IN_USE: ")
    assert str(second.pid) in line
    assert (second.home / "environment.json").read_text() == before


async def test_it_is_stopped_by_sigterm_and_keeps_everything(second: Platform, http: aiohttp.ClientSession) -> None:
    client = Client(http, second.url)
    await client.log_in("owner@premium.example")
    placed = (await client.place(f"kept-{uuid4()}", ("22423", 2)))["order"]
    await client.until(placed["id"], "PAID")
    goods = await client.data("{ products { totalCount } }")
    family, logged = second.family(), logs(second)
    assert len(family) > len(PORT_OFFSETS) / 2
    assert second.stop(signal.SIGTERM, STOP_SECONDS) == 0
    assert survivors(family) == []

    second.start()
    async with aiohttp.ClientSession() as anew:
        again = Client(anew, second.url, client.token)  # the keys are kept, too
        seen = await again.data("query($id: ID!) { order(id: $id) { number status } }", id=placed["id"])
        assert seen == {"order": {"number": placed["number"], "status": "PAID"}}
        assert (await again.data("{ products { totalCount } }")) == goods, "the seed is there once"
    for name, before in logged.items():
        assert logs(second)[name].startswith(before), name


def test_it_is_stopped_by_ctrl_c(second: Platform) -> None:
    family = second.family()
    assert second.stop(signal.SIGINT, STOP_SECONDS) == 0
    assert survivors(family) == []


async def test_servers_that_are_given_are_used_and_outlive_it(tmp_path: Path, http: aiohttp.ClientSession) -> None:
    with (
        EmbeddedPostgres(tmp_path / "postgres", free_port(), durable=False) as postgres,
        EmbeddedValkey(tmp_path / "valkey", free_port(), durable=False) as valkey,
    ):
        given = {"TRELLIS_DATABASE_URL": postgres.url, "TRELLIS_REDIS_URL": valkey.url}
        platform = Platform(tmp_path / "home", free_port_base(), given)
        try:
            platform.start()
            assert not platform.says("postgres")
            assert not platform.says("valkey")
            assert [p.title for p in platform.family() if "postgres -D" in p.title or "valkey-server" in p.title] == []
            assert not (tmp_path / "home" / "postgres").exists()
            client = Client(http, platform.url)
            await client.log_in("owner@premium.example")
            order_id = (await client.place("given", ("71053", 1)))["order"]["id"]
            assert await client.until(order_id, "PAID") == "PAID"
            assert platform.run("doctor").returncode == 0
            family = platform.family()
            os.kill(platform.pid, signal.SIGKILL)
            platform.wait()
            assert gone(family), "its roles die with the launcher, however it ends"
            with psycopg.connect(postgres.url) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
        finally:
            platform.end()


# What cannot be started


def up(home: Path, port: int = 0, environment: Mapping[str, str] | None = None) -> str:
    """The line by which a start is refused."""
    return refused(
        subprocess.run(
            [sys.executable, "-m", "trellis", "up", "--home", str(home), "--port", str(port or free_port_base())],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env=clean_environment() | dict(environment or {}),
        )
    )


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line on standard error of a command that was refused."""
    assert done.returncode != 0
    assert "Traceback" not in done.stderr + done.stdout
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    base = free_port_base()
    for taken in (base + 3, base + 51):
        with socket.create_server(("127.0.0.1", taken)):
            line = up(tmp_path / "home", port=base)
        assert line.startswith(f"PORT_IN_USE: port {taken}, needed by ")
        assert f"process {os.getpid()} " in line
        assert "--port" in line


def test_a_home_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    for home in (tmp_path / "file", tmp_path / "file" / "below"):
        assert up(home).startswith(f"HOME_NOT_WRITABLE: cannot write to {home} ")


def test_a_home_of_somebody_else_is_refused(tmp_path: Path, user: User) -> None:
    if user.uid == os.geteuid():
        pytest.skip("nobody but root can try it as somebody else")
    other = Path(tempfile.mkdtemp(prefix="trellis-"))  # root's own, closed to others
    try:
        for home in (other, other / "below"):
            platform = Platform(home, free_port_base(), user=user)
            assert refused(platform.run("up", "--port", str(platform.port))).startswith("HOME_NOT_WRITABLE: ")
    finally:
        shutil.rmtree(other)


def test_a_broken_data_directory_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("18\n")
    assert up(tmp_path).startswith(f"DATA_DIRECTORY_BROKEN: {data.parent} has lost its password file; ")
    (data.parent / "password").write_text("secret\n")
    assert up(tmp_path).startswith(f"DATA_DIRECTORY_BROKEN: {data} is damaged (no global/pg_control); ")


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("TRELLIS_SECERT", "x", "UNKNOWN_SETTING: no role reads TRELLIS_SECERT; did you mean TRELLIS_SECRET?"),
        ("TRELLIS_SECRET", "too short", "INVALID_SETTING: TRELLIS_SECRET: "),
        ("TRELLIS_WORKER_THREADS", "many", "INVALID_SETTING: TRELLIS_WORKER_THREADS: "),
        ("TRELLIS_ROUTER_MAX_DEPTH", "-1", "INVALID_SETTING: TRELLIS_ROUTER_MAX_DEPTH: "),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not(tmp_path: Path, name: str, value: str, line: str) -> None:
    said = up(tmp_path, environment={name: value})
    assert said.startswith(line)
    assert "too short" not in said


def logs(platform: Platform) -> dict[str, str]:
    """What the roles have logged, by role."""
    return {path.stem: path.read_text() for path in (platform.home / "logs").glob("*.log")}
