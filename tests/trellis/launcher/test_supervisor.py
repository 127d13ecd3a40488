"""The supervisor over real processes."""

import asyncio
import os
import re
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from trellis.embedded.valkey import EmbeddedValkey
from trellis.launcher.errors import ForkServerError, RoleStartError
from trellis.launcher.health import is_ready
from trellis.launcher.role import Role
from trellis.launcher.role_unit import RoleUnit
from trellis.launcher.server_unit import ServerUnit
from trellis.launcher.spawner import ForkServerSpawner
from trellis.launcher.supervisor import Supervisor
from trellis.launcher.unit import Unit
from trellis.ports import PortInUseError


class Terminal:
    """Collects what the supervisor announces and waits for a line."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._changed = asyncio.Condition()

    def announce(self, line: str) -> None:
        self.lines.append(line)
        self._wake = asyncio.get_running_loop().create_task(self._notify())

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def seen(self, pattern: str, times: int = 1) -> list[str]:
        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(lambda: len(self.matching(pattern)) >= times)
        return self.matching(pattern)

    def matching(self, pattern: str) -> list[str]:
        return [line for line in self.lines if re.search(pattern, line)]


class House:
    """A running supervisor with its roles."""

    def __init__(self, logs: Path, preload: tuple[str, ...] = ()) -> None:
        self.logs = logs
        self.terminal = Terminal()
        self.spawner = ForkServerSpawner(preload)
        self.units: dict[str, RoleUnit] = {}
        self.ready = asyncio.Event()

    def supervisor(
        self, *roles: Role, others: tuple[Unit, ...] = (), start_timeout: float = 60, stop_grace: float = 30
    ) -> Supervisor:
        self.units = {role.name: RoleUnit(role, self.spawner, self.logs) for role in roles}
        return Supervisor(
            [*others, *self.units.values()],
            self.terminal.announce,
            start_timeout=start_timeout,
            stop_grace=stop_grace,
        )

    @asynccontextmanager
    async def running(self, supervisor: Supervisor) -> AsyncIterator[None]:
        """The body runs while everything is ready; afterwards all has been stopped."""
        run = asyncio.create_task(supervisor.run(self.ready.set))
        ready = asyncio.create_task(self.ready.wait())
        await asyncio.wait([run, ready], return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if run.done():
            await run
        yield
        supervisor.request_stop()
        await run

    def pid(self, name: str) -> int:
        pid = self.units[name].pid
        assert pid is not None
        return pid

    def log(self, name: str) -> str:
        return (self.logs / f"{name}.log").read_text()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path / "logs", preload=("http.server", "uuid_utils"))
    yield house
    await house.spawner.close()


MakeRole = Callable[..., Role]


@pytest.fixture
def role(free_port: Callable[[], int]) -> MakeRole:
    def make(name: str, entry: str = "serve", after: tuple[str, ...] = ()) -> Role:
        port = free_port()
        return Role(
            name=name,
            entry=f"tests.trellis.launcher.child_roles:{entry}",
            args=(str(port),),
            env={"GREETING": f"hello {name}"},
            health_url=f"http://127.0.0.1:{port}/health/ready",
            after=after,
            title=f"trellis serve {name}",
        )

    return make


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await condition():
            await asyncio.sleep(0.02)


async def test_roles_run_as_processes_of_their_own(
    house: House, role: MakeRole, is_running: Callable[[int], bool]
) -> None:
    orders, billing = role("orders"), role("billing")
    async with house.running(house.supervisor(orders, billing)):
        pids = [house.pid("orders"), house.pid("billing")]
        assert len({os.getsid(pid) for pid in [*pids, os.getpid()]}) == 3
        for pid, name in zip(pids, ("orders", "billing"), strict=True):
            title = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0")
            assert title.decode() == f"trellis serve {name}"
            assert f"pid={pid} greeting=hello {name}" in house.log(name)
    assert not any(is_running(pid) for pid in pids)
    assert "stopped politely" in house.log("orders")


async def test_forked_roles_do_not_share_random_numbers(house: House, role: MakeRole) -> None:
    async with house.running(house.supervisor(role("orders"), role("billing"))):
        pass
    ids = [re.findall("uuid=.*-(.*)", house.log(name))[0] for name in ("orders", "billing")]
    assert ids[0] != ids[1]


async def test_start_order_and_its_reverse(house: House, role: MakeRole, tmp_path: Path) -> None:
    task = Role(name="migrate", entry="tests.trellis.launcher.child_roles:succeed", args=("all",), once=True)
    orders, router = role("orders", after=("migrate",)), role("router", after=("orders",))
    async with house.running(house.supervisor(router, orders, task)):
        lines = [line.split(" after ")[0] for line in house.terminal.lines]
    assert lines == [
        "migrate: done",
        *("orders: starting", "orders: ready"),
        *("router: starting", "router: ready"),
    ]
    assert house.log("migrate") == "migrated all\n"
    stopped = {name: (house.logs / f"{name}.log").stat().st_mtime_ns for name in ("router", "orders")}
    assert stopped["router"] < stopped["orders"]


async def test_killed_role_is_started_again(house: House, role: MakeRole) -> None:
    orders = role("orders")
    assert orders.health_url is not None
    url = orders.health_url
    async with house.running(house.supervisor(orders)):
        first = house.pid("orders")
        os.kill(first, signal.SIGKILL)
        [line] = await house.terminal.seen("killed")
        assert line == (f"orders: was killed by SIGKILL; starting it again in 0.2 s (log: {house.logs}/orders.log)")
        await house.terminal.seen("ready", times=2)
        assert house.pid("orders") != first
        assert await is_ready(url)


async def test_killed_fork_server_is_replaced(house: House, role: MakeRole) -> None:
    async with house.running(house.supervisor(role("orders"), role("billing"))):
        parent = int(Path(f"/proc/{house.pid('orders')}/stat").read_text().rpartition(")")[2].split()[1])
        before = {house.pid("orders"), house.pid("billing")}
        os.kill(parent, signal.SIGKILL)
        await house.terminal.seen("ready", times=4)
        assert not before & {house.pid("orders"), house.pid("billing")}


async def test_restarts_come_later_each_time(house: House, role: MakeRole) -> None:
    async with house.running(house.supervisor(role("orders"))):
        for times in (1, 2, 3):
            os.kill(house.pid("orders"), signal.SIGKILL)
            lines = await house.terminal.seen("killed", times=times)
            await house.terminal.seen("ready", times=times + 1)
    assert [line.split("again in ")[1].split(" s")[0] for line in lines] == ["0.2", "0.4", "0.8"]


async def test_role_that_always_ends_is_given_up_with_its_last_words(
    house: House, free_port: Callable[[], int]
) -> None:
    crash = Role(
        name="orders",
        entry="tests.trellis.launcher.child_roles:crash",
        args=("3",),
        health_url=f"http://127.0.0.1:{free_port()}/health/ready",
    )
    with pytest.raises(RoleStartError, match=r"(?s)orders ended 5 times .*\n  \| about to give up"):
        await house.supervisor(crash).run(house.ready.set)
    assert len(house.terminal.matching("ended with exit status 3")) == 4


async def test_exception_of_a_role_is_in_its_log_alone(house: House) -> None:
    task = Role(name="migrate", entry="tests.trellis.launcher.child_roles:blow_up", once=True)
    with pytest.raises(RoleStartError, match=r"migrate ended with exit status 1") as failed:
        await house.supervisor(task).run(house.ready.set)
    assert "RuntimeError: boom" in str(failed.value)
    assert house.log("migrate").rstrip().endswith("RuntimeError: boom")


async def test_role_that_never_gets_ready_ends_all(
    house: House, role: MakeRole, is_running: Callable[[int], bool]
) -> None:
    orders, slow = role("orders"), role("billing", entry="never_ready")
    with pytest.raises(RoleStartError, match=r"(?s)billing was not ready within 5 s .*still thinking"):
        await house.supervisor(orders, slow, start_timeout=5).run(house.ready.set)
    assert not is_running(house.pid("orders"))
    assert not is_running(house.pid("billing"))


async def test_busy_port_ends_before_anything_starts(house: House, role: MakeRole) -> None:
    orders, router = role("orders"), role("router")
    with (
        socket.create_server(("127.0.0.1", router.port or 0)),
        pytest.raises(PortInUseError, match=f"port {router.port}, needed by router, .*{os.getpid()}"),
    ):
        await house.supervisor(orders, router).run(house.ready.set)
    assert house.terminal.lines == []


async def test_stubborn_role_is_killed_with_all_it_started(
    house: House, role: MakeRole, is_running: Callable[[int], bool]
) -> None:
    async with house.running(house.supervisor(role("orders", entry="serve_stubbornly"), stop_grace=1)):
        grandchild = int(house.log("orders").partition("grandchild=")[2])
        assert is_running(grandchild)
    assert not is_running(house.pid("orders"))
    async with asyncio.timeout(30):  # the signal is sent to both at once; each dies in its own time
        while is_running(grandchild):
            await asyncio.sleep(0.01)


async def test_preload_that_fails_is_named(house: House, role: MakeRole) -> None:
    house.spawner = ForkServerSpawner(["no_such_module"])
    with pytest.raises(ForkServerError, match="no_such_module cannot be imported: ModuleNotFoundError"):
        await house.supervisor(role("orders")).run(house.ready.set)


async def test_embedded_server_is_a_unit_like_others(
    house: House, role: MakeRole, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    valkey = EmbeddedValkey(tmp_path / "valkey", free_port())
    supervisor = house.supervisor(role("orders", after=("valkey",)), others=(ServerUnit("valkey", valkey),))
    async with house.running(supervisor):
        first = valkey.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await house.terminal.seen("valkey: ready", times=2)
        assert valkey.pid not in (None, first)
    assert "valkey: was killed by SIGKILL" in "\n".join(house.terminal.lines)
