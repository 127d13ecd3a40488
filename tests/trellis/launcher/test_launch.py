"""A launcher as the operator meets it: its own process, signals, a second one, sudden death."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_LAUNCHER = """
    import asyncio, json, signal, sys
    from pathlib import Path
    from trellis.embedded.postgres import EmbeddedPostgres
    from trellis.errors import OperatorError
    from trellis.launcher.launch import Plan, launch
    from trellis.launcher.role import Role
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run under nohup
    home, postgres_port, role_port = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    postgres = EmbeddedPostgres(home / "postgres", postgres_port, durable=False)
    role = Role(name="orders", entry="tests.trellis.launcher.child_roles:serve",
                args=(str(role_port),), after=("postgres",),
                env={"GREETING": postgres.url}, health_url=f"http://127.0.0.1:{role_port}/health/ready")
    plan = Plan(home=home, roles=[role], servers={"postgres": postgres})
    try:
        asyncio.run(launch(plan, lambda line: print(line, file=sys.stderr), lambda: print("ready", flush=True)))
    except OperatorError as error:
        sys.exit(str(error))
"""

Launch = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def launch(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Launch]:
    """Starts a launcher; each call uses the same home and ports."""
    ports = [str(free_port()), str(free_port())]
    launchers: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        launcher = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(_LAUNCHER), str(tmp_path), *ports],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        launchers.append(launcher)
        return launcher

    yield start
    for launcher in launchers:
        launcher.kill()
        launcher.communicate()


def until_ready(launcher: "subprocess.Popen[str]") -> None:
    assert launcher.stdout is not None
    line = launcher.stdout.readline()
    assert line == "ready\n", launcher.communicate()[1]


def descendants(pid: int) -> list[int]:
    threads = Path(f"/proc/{pid}/task").iterdir()
    children = [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    return [found for child in children for found in (child, *descendants(child))]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_stops_everything(launch: Launch, number: signal.Signals) -> None:
    launcher = launch()
    until_ready(launcher)
    family = descendants(launcher.pid)
    assert len(family) >= 4  # the server with its helpers, the fork server, the role
    launcher.send_signal(number)
    _, errors = launcher.communicate(timeout=60)
    assert launcher.returncode == 0, errors
    assert "Traceback" not in errors
    assert not [pid for pid in family if Path(f"/proc/{pid}").exists()]


def test_killed_launcher_leaves_nothing_and_the_next_starts(launch: Launch, is_running: Callable[[int], bool]) -> None:
    first = launch()
    until_ready(first)
    family = descendants(first.pid)
    first.kill()
    first.wait()
    second = launch()
    until_ready(second)
    until = time.monotonic() + 60
    while any(map(is_running, family)):  # each dies in its own time
        assert time.monotonic() < until
        time.sleep(0.02)


def test_second_launcher_on_the_same_home_is_refused(launch: Launch, tmp_path: Path) -> None:
    first = launch()
    until_ready(first)
    _, errors = launch().communicate(timeout=60)
    assert errors == (
        f"HOME_IN_USE: {tmp_path} is in use by the launcher with process id {first.pid}; "
        "stop it or pass another --home\n"
    )


def test_role_gets_the_address_of_the_embedded_server(launch: Launch, tmp_path: Path) -> None:
    until_ready(launch())
    said = (tmp_path / "logs" / "orders.log").read_text()
    password = (tmp_path / "postgres" / "password").read_text().strip()
    assert f"greeting=postgresql://postgres:{password}@127.0.0.1:" in said
