"""Noticing that the client is gone while its request is under way."""

from __future__ import annotations

import asyncio

from router.server.asgi import Receive

_DELAY = 0.05


class ClientGoneError(Exception):
    """The client closed the connection before it had sent its request."""


class DisconnectWatch:
    """Cancels the current task when the client disconnects.

    It starts to listen only after a moment: most requests are answered by then, and listening takes a task.
    """

    def __init__(self, receive: Receive) -> None:
        loop = asyncio.get_running_loop()
        self._receive = receive
        self._watched = asyncio.current_task()
        self._timer = loop.call_later(_DELAY, self._listen)
        self._task: asyncio.Task[None] | None = None
        self.is_gone = False

    def _listen(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._wait())

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.is_gone = True
        if self._watched is not None:
            self._watched.cancel()

    def stop(self) -> None:
        """Must be called when the request is answered."""
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
