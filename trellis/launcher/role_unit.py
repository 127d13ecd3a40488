"""A role as a unit of the supervisor: its process, its log, its health."""

import asyncio
import os
import signal
from pathlib import Path

from trellis import ports
from trellis.launcher import health
from trellis.launcher.role import Role
from trellis.launcher.spawner import Child, Spawner
from trellis.logfile import BoundedLog


class RoleUnit:
    """Runs ``role`` by ``spawner``; what the process writes goes to ``<logs>/<name>.log``. See Unit."""

    def __init__(self, role: Role, spawner: Spawner, logs: Path) -> None:
        self.role = role
        self._spawner = spawner
        self._log = BoundedLog(logs / f"{role.name}.log")
        self._child: Child | None = None
        self._starting: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        return self.role.name

    @property
    def after(self) -> tuple[str, ...]:
        return self.role.after

    @property
    def once(self) -> bool:
        return self.role.once

    @property
    def pid(self) -> int | None:
        """The process id of the latest start."""
        return self._child.pid if self._child else None

    @property
    def log_path(self) -> Path:
        return self._log.path

    @property
    def log_tail(self) -> list[str]:
        return self._log.tail

    def check(self) -> None:
        if self.role.port is not None:
            ports.ensure_free(self.role.port, self.name)

    async def start(self) -> None:
        # Shielded: a process that is being made when the launcher is told to stop must be known to stop().
        self._starting = asyncio.create_task(self._spawn())
        await asyncio.shield(self._starting)

    async def ready(self) -> None:
        if self.role.health_url is not None:
            await health.until_ready(self.role.health_url)

    async def ended(self) -> int:
        return await self._child.wait() if self._child else 0

    async def stop(self, grace: float) -> None:
        if self._starting is not None:
            await asyncio.wait([self._starting], timeout=grace)
        child = self._child
        if child is None:
            return
        child.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(grace):
                await child.wait()
        except TimeoutError:
            child.send_signal(signal.SIGKILL)
            await child.wait()

    async def _spawn(self) -> None:
        read_end, write_end = os.pipe()
        try:
            await asyncio.get_running_loop().connect_read_pipe(
                lambda: _LogPump(self._log), os.fdopen(read_end, "rb", buffering=0)
            )
            self._child = await self._spawner.spawn(self.role, write_end)
        finally:
            os.close(write_end)


class _LogPump(asyncio.Protocol):
    """Moves whole lines from a pipe to a log."""

    def __init__(self, log: BoundedLog) -> None:
        self._log = log
        self._begun = b""

    def data_received(self, data: bytes) -> None:
        lines, line_feed, begun = data.rpartition(b"\n")
        if not line_feed:
            self._begun += data
            return
        self._log.write(self._begun + lines + line_feed)
        self._begun = begun

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._begun:
            self._log.write(self._begun)
            self._begun = b""
