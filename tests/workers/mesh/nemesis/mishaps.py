"""What may happen. Each mishap strikes, lasts a while, and is over: a deployment repairs itself."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

from redis.exceptions import RedisError

from tests.support.breakable import Breakable, Way
from tests.support.mesh import Mesh, RoleProcess
from tests.workers.mesh.nemesis.fleet import Fleet

Mishap = Callable[["Mishaps"], Coroutine[Any, Any, None]]


class Mishaps:
    """Strikes at random until it is stopped, up to a few at a time."""

    def __init__(self, mesh: Mesh, servers: Breakable, fleet: Fleet, ways: list[Way], rng: Random) -> None:
        """`ways` are those that may be cut: the fleet's, and that of whoever enqueues."""
        self._mesh = mesh
        self._servers = servers
        self._fleet = fleet
        self._ways = ways
        self._rng = rng
        self._under_way: set[asyncio.Task[None]] = set()
        self._server_restarts = asyncio.Lock()
        self.counts: dict[str, int] = {}

    async def run(self, *, seconds: float, pause: float) -> None:
        """Strikes for so long; returns when all is repaired."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        try:
            while loop.time() < end:
                await asyncio.sleep(self._rng.uniform(0.2, 2 * pause))
                if len(self._under_way) < AT_ONCE:
                    self._strike()
                self._fleet.ensure()
        finally:
            if self._under_way:
                await asyncio.wait(self._under_way)
            self._fleet.ensure()

    def _strike(self) -> None:
        (mishap,) = self._rng.choices(list(MISHAPS), weights=list(MISHAPS.values()))
        self.counts[mishap.__name__] = self.counts.get(mishap.__name__, 0) + 1
        task = asyncio.create_task(mishap(self))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def kill(self) -> None:
        """A process is killed, and missing for a while."""
        self._somebody().send(signal.SIGKILL)
        await self._a_while(2.0)

    async def freeze(self) -> None:
        """A process is frozen, maybe for longer than its leases, and thaws."""
        process = self._somebody()
        process.send(signal.SIGSTOP)
        try:
            await self._a_while(6.0)
        finally:
            process.send(signal.SIGCONT)

    async def redeploy(self) -> None:
        """A new process takes the place of an old one, which is told to stop, once or twice."""
        old = self._rng.choice(self._fleet.berths).replace()
        for _ in range(self._rng.choice([1, 1, 2])):
            old.send(signal.SIGTERM)
            await self._a_while(1.0)
        await old.ended(60.0)

    async def forget(self) -> None:
        """Redis forgets everything."""
        with contextlib.suppress(RedisError, OSError):
            await self._mesh.redis.flushall()

    async def pause_redis(self) -> None:
        """Redis answers nobody."""
        with contextlib.suppress(RedisError, OSError):
            await self._mesh.redis.execute_command("CLIENT", "PAUSE", int(self._rng.uniform(200, 4000)), "ALL")

    async def kill_redis(self) -> None:
        """Redis is killed, and starts with nothing."""
        async with self._server_restarts:
            await self._servers.restart(self._servers.valkey, signal.SIGKILL)

    async def restart_postgres(self) -> None:
        """PostgreSQL is told to stop, or crashes; and starts."""
        how = self._rng.choice([signal.SIGINT, signal.SIGQUIT])
        async with self._server_restarts:
            await self._servers.restart(self._servers.postgres, how)

    async def cut(self) -> None:
        """A way to one of the servers is cut."""
        proxy = self._rng.choice(self._rng.choice(self._ways)[1:])
        proxy.cut()
        try:
            await self._a_while(3.0)
        finally:
            proxy.heal()

    async def hang(self) -> None:
        """Nothing comes through on a way to one of the servers, and then all at once."""
        proxy = self._rng.choice(self._rng.choice(self._ways)[1:])
        proxy.hang()
        try:
            await self._a_while(7.0)
        finally:
            proxy.heal()

    def _somebody(self) -> RoleProcess:
        return self._rng.choice(self._fleet.berths).ensure()

    async def _a_while(self, seconds: float) -> None:
        await asyncio.sleep(self._rng.uniform(0.1, 1.0) * seconds)


#: How many mishaps may be under way at a time.
AT_ONCE = 3

MISHAPS: dict[Mishap, int] = {
    Mishaps.kill: 4,
    Mishaps.freeze: 4,
    Mishaps.redeploy: 3,
    Mishaps.forget: 2,
    Mishaps.pause_redis: 1,
    Mishaps.kill_redis: 2,
    Mishaps.restart_postgres: 1,
    Mishaps.cut: 3,
    Mishaps.hang: 3,
}
