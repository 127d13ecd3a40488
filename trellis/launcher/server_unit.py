"""An embedded server as a unit of the supervisor."""

import asyncio
import contextlib
import threading
from pathlib import Path

from trellis import ports
from trellis.embedded.server import EmbeddedServer


class ServerUnit:
    """Runs ``server`` under the name by which roles refer to it in ``after``. See Unit."""

    def __init__(self, name: str, server: EmbeddedServer) -> None:
        self.name = name
        self.after: tuple[str, ...] = ()
        self.once = False
        self._server = server
        self._starting: asyncio.Task[None] | None = None
        self._ended: asyncio.Future[int] | None = None

    @property
    def log_path(self) -> Path:
        return self._server.log_path

    @property
    def log_tail(self) -> list[str]:
        return self._server.log_tail

    def check(self) -> None:
        ports.ensure_free(self._server.port, self.name)

    async def start(self) -> None:
        # Shielded: a server that is being started when the launcher is told to stop must be known to stop().
        self._starting = asyncio.create_task(asyncio.to_thread(self._server.start))
        await asyncio.shield(self._starting)
        loop = asyncio.get_running_loop()
        self._ended = loop.create_future()
        # Not from the loop's pool: this thread waits as long as the server lives.
        threading.Thread(target=self._watch, args=(loop, self._ended), name=self.name, daemon=True).start()

    async def ready(self) -> None:
        """start() returned when it was ready."""

    async def ended(self) -> int:
        return await asyncio.shield(self._ended) if self._ended else 0

    async def stop(self, grace: float) -> None:
        if self._starting is not None:
            await asyncio.wait([self._starting])
        await asyncio.to_thread(self._server.stop, grace)

    def _watch(self, loop: asyncio.AbstractEventLoop, ended: "asyncio.Future[int]") -> None:
        status = self._server.wait()
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody asks any more
            loop.call_soon_threadsafe(ended.set_result, status)
