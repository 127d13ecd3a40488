"""Starts units in order, keeps them alive, stops them in reverse order."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Iterator, Sequence

from trellis.errors import OperatorError
from trellis.launcher.backoff import Backoff
from trellis.launcher.errors import RoleStartError
from trellis.launcher.order import levels
from trellis.launcher.unit import Unit

START_TIMEOUT = 60.0  # seconds from the start of a unit until it must be ready
STOP_GRACE = 6.0  # seconds all units together have to end politely
_LAST_GRACE = 1.0  # seconds a unit is left when those before it used up the time
_FIRST_STARTS = 5  # a unit that ends this often without ever having been ready is given up


class Supervisor:
    """Runs ``units`` until it is told to stop.

    Each unit starts as soon as those it comes after are ready. One that ends is started again, later each time;
    a task (``once``) is not. Lines on what happens go to ``announce``.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        announce: Callable[[str], None],
        *,
        start_timeout: float = START_TIMEOUT,
        stop_grace: float = STOP_GRACE,
    ) -> None:
        self._units = {unit.name: unit for unit in units}
        self._levels = levels({unit.name: unit.after for unit in units})
        self._announce = announce
        self._start_timeout = start_timeout
        self._stop_grace = stop_grace
        self._ready = {name: asyncio.Event() for name in self._units}
        self._stop = asyncio.Event()

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Start everything, call ``on_ready``, return when a signal or ``request_stop`` has stopped everything.

        SIGINT, SIGTERM and SIGHUP are taken while it runs. Raises an OperatorError when a unit cannot be
        started; everything is stopped then as well.
        """
        for unit in self._units.values():
            unit.check()
        keepers = [asyncio.create_task(self._keep(unit), name=unit.name) for unit in self._units.values()]
        stop = asyncio.create_task(self._stop.wait())
        all_ready = asyncio.create_task(self._when_ready(on_ready))
        with self._signals():
            try:
                await self._until_stop(stop, [*keepers, all_ready])
            finally:
                for task in (stop, all_ready, *keepers):
                    task.cancel()
                await asyncio.gather(stop, all_ready, *keepers, return_exceptions=True)
                await self._stop_all()

    def request_stop(self) -> None:
        """Make ``run`` stop everything and return."""
        self._stop.set()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        numbers = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup means what it says
            numbers.append(signal.SIGHUP)
        for number in numbers:
            loop.add_signal_handler(number, self.request_stop)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    @staticmethod
    async def _until_stop(stop: "asyncio.Task[bool]", tasks: "list[asyncio.Task[None]]") -> None:
        """Wait for ``stop``; what one of the other tasks raises is raised."""
        pending: set[asyncio.Task[bool] | asyncio.Task[None]] = {stop, *tasks}
        while not stop.done():
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()

    async def _when_ready(self, on_ready: Callable[[], None]) -> None:
        for ready in self._ready.values():
            await ready.wait()
        on_ready()

    async def _keep(self, unit: Unit) -> None:
        for name in unit.after:
            await self._ready[name].wait()
        try:
            async with asyncio.timeout(self._start_timeout):
                await (self._complete(unit) if unit.once else self._first_start(unit))
        except TimeoutError:
            raise self._failure(unit, f"was not ready within {self._start_timeout:.0f} s") from None
        self._ready[unit.name].set()
        if not unit.once:
            await self._keep_alive(unit)

    async def _complete(self, unit: Unit) -> None:
        """Run a task to its end."""
        await unit.start()
        status = await unit.ended()
        if status:
            raise self._failure(unit, _manner_of(status))
        self._announce(f"{unit.name}: done")

    async def _first_start(self, unit: Unit) -> None:
        """Until ready; some failures are forgiven (a neighbour may not be there yet)."""
        backoff = Backoff()
        for attempt in range(1, _FIRST_STARTS + 1):
            status = await self._start(unit)
            if status is None:
                return
            if attempt < _FIRST_STARTS:
                delay = backoff.delay(lived=0)
                self._announce(self._restart_line(unit, status, delay))
                await asyncio.sleep(delay)
        raise self._failure(unit, f"ended {_FIRST_STARTS} times before it was ready")

    async def _keep_alive(self, unit: Unit) -> None:
        """Start a unit again whenever it ends or, started again, does not become ready."""
        backoff = Backoff()
        ready_since = time.monotonic()
        while True:
            status: int | None = await unit.ended()
            while status is not None:
                delay = backoff.delay(lived=time.monotonic() - ready_since)
                self._announce(self._restart_line(unit, status, delay))
                await asyncio.sleep(delay)
                status = await self._restart(unit)
                ready_since = time.monotonic()

    async def _restart(self, unit: Unit) -> int | None:
        try:
            async with asyncio.timeout(self._start_timeout):
                return await self._start(unit)
        except OperatorError as error:
            self._announce(f"{unit.name}: {error}")
            return 1
        except TimeoutError:
            self._announce(f"{unit.name}: not ready within {self._start_timeout:.0f} s; stopping it")
            await unit.stop(_LAST_GRACE)
            return await unit.ended()

    async def _start(self, unit: Unit) -> int | None:
        """Start and wait until ready: None; or the exit status, if it ends before."""
        self._announce(f"{unit.name}: starting")
        began = time.monotonic()
        await unit.start()
        ready, ended = asyncio.create_task(unit.ready()), asyncio.create_task(unit.ended())
        try:
            await asyncio.wait([ready, ended], return_when=asyncio.FIRST_COMPLETED)
            # Its port may be answered by somebody else: a process that has ended is not ready.
            if ended.done():
                return ended.result()
            ready.result()
        finally:
            ready.cancel()
            ended.cancel()
        self._announce(f"{unit.name}: ready after {time.monotonic() - began:.1f} s")
        return None

    async def _stop_all(self) -> None:
        deadline = time.monotonic() + self._stop_grace
        for level in reversed(self._levels):
            grace = max(_LAST_GRACE, deadline - time.monotonic())
            await asyncio.gather(*(self._units[name].stop(grace) for name in level))

    @staticmethod
    def _failure(unit: Unit, reason: str) -> RoleStartError:
        return RoleStartError(unit.name, reason, unit.log_path, unit.log_tail)

    @staticmethod
    def _restart_line(unit: Unit, status: int, delay: float) -> str:
        return f"{unit.name}: {_manner_of(status)}; starting it again in {delay:.1f} s (log: {unit.log_path})"


def _manner_of(status: int) -> str:
    """How a process ended.

    >>> _manner_of(3), _manner_of(-9)
    ('ended with exit status 3', 'was killed by SIGKILL')
    """
    if status >= 0:
        return f"ended with exit status {status}"
    with contextlib.suppress(ValueError):
        return f"was killed by {signal.Signals(-status).name}"
    return f"was killed by signal {-status}"
