"""Starts role processes: the launcher's side of the fork server."""

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, Protocol

from trellis.launcher.errors import ForkServerError
from trellis.launcher.role import Role

_BOOT = """\
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from trellis.launcher.forkserver import main
sys.exit(main(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]))
"""


class Child(Protocol):
    """A started process."""

    @property
    def pid(self) -> int: ...

    async def wait(self) -> int:
        """Its exit status when it has ended, negative for a signal."""

    def send_signal(self, number: signal.Signals) -> None:
        """SIGKILL reaches all its process group, others only itself; nothing happens when it has ended."""


class Spawner(Protocol):
    """Makes processes of roles."""

    async def spawn(self, role: Role, output: int) -> Child:
        """Start ``role`` with the descriptor ``output`` as its standard output and error.

        The process has a session of its own and dies with the launcher. Raises ForkServerError.
        """

    async def close(self) -> None:
        """End the spawner and whatever it started that still runs."""


class ForkedChild:
    """A role forked by the fork server, which owns, signals and reaps it."""

    def __init__(self, server: "ForkServerSpawner", pid: int) -> None:
        self._server = server
        self._pid = pid
        self.exited: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    @property
    def pid(self) -> int:
        return self._pid

    async def wait(self) -> int:
        return await asyncio.shield(self.exited)

    def send_signal(self, number: signal.Signals) -> None:
        if not self.exited.done():
            self._server.send({"signal": int(number), "pid": self._pid})


class ForkServerSpawner:
    """Forks roles from one process that has imported ``preload`` already.

    The fork server starts with the first role, and again should it have died (its roles die with it).
    """

    def __init__(self, preload: Sequence[str]) -> None:
        self._preload = tuple(preload)
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._received = b""
        self._ready: asyncio.Future[None] | None = None
        self._ids = itertools.count(1)
        self._requests: dict[int, asyncio.Future[ForkedChild]] = {}
        self._children: dict[int, ForkedChild] = {}

    def prepare(self) -> None:
        """Start the fork server, unless it runs; ``spawn`` does, but then its imports have to be waited for."""
        if self._channel is not None:
            return
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        search_path = json.dumps([os.path.abspath(entry) for entry in sys.path])
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 -- this interpreter, arguments of ours
                [
                    *(sys.executable, "-c", _BOOT, search_path),
                    *(str(theirs.fileno()), str(os.getpid()), *self._preload),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C of the terminal is for the launcher alone
                # Every role has few threads; glibc would give each of them up to eight arenas a core.
                env=os.environ | {"MALLOC_ARENA_MAX": "2"},
            )
        self._channel = ours
        self._received = b""
        self._ready = loop.create_future()
        loop.add_reader(ours, self._receive)

    async def spawn(self, role: Role, output: int) -> ForkedChild:
        """See Spawner."""
        self.prepare()
        # Several roles wait here for one server: the wait of one must not cancel the others'.
        assert self._ready is not None  # noqa: S101 -- set by prepare, for the type checker
        await asyncio.shield(self._ready)
        if self._channel is None:
            raise ForkServerError(f"the fork server ended while {role.name} was starting")
        identifier = next(self._ids)
        request: asyncio.Future[ForkedChild] = asyncio.get_running_loop().create_future()
        self._requests[identifier] = request
        order = {
            "id": identifier,
            "title": role.process_title,
            "entry": role.entry,
            "args": list(role.args),
            "env": dict(role.env),
        }
        socket.send_fds(self._channel, [json.dumps(order).encode() + b"\n"], [output])
        return await request

    async def close(self) -> None:
        """See Spawner."""
        process = self._process
        self._disconnect()
        if process is not None:
            await asyncio.to_thread(process.wait)

    def send(self, message: dict[str, Any]) -> None:
        """One message to the fork server; lost when it is gone, as all its children are then."""
        if self._channel is not None:
            with contextlib.suppress(OSError):
                self._channel.sendall(json.dumps(message).encode() + b"\n")

    def _receive(self) -> None:
        if self._channel is None:
            return
        try:
            data = self._channel.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._disconnect()
            return
        self._received += data
        while b"\n" in self._received:
            line, _, self._received = self._received.partition(b"\n")
            self._dispatch(json.loads(line))

    def _dispatch(self, message: dict[str, Any]) -> None:
        if "exited" in message:
            self._children.pop(message["exited"]).exited.set_result(message["status"])
        elif "pid" in message:
            child = ForkedChild(self, message["pid"])
            self._children[child.pid] = child
            request = self._requests.pop(message["id"])
            if request.cancelled():
                child.send_signal(signal.SIGKILL)
            else:
                request.set_result(child)
        elif self._ready is not None and not self._ready.done():
            if "failed" in message:
                self._ready.set_exception(ForkServerError(message["failed"]))
            else:
                self._ready.set_result(None)

    def _disconnect(self) -> None:
        """The server has ended, or is ended hereby; its children end with it."""
        if self._channel is None:
            return
        asyncio.get_running_loop().remove_reader(self._channel)
        self._channel.close()
        self._channel = None
        gone = ForkServerError("the fork server ended; its last words are above")
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(gone)
            self._ready.exception()  # nobody may be waiting for it: that is no mistake
        for request in self._requests.values():
            if not request.done():
                request.set_exception(gone)
        self._requests.clear()
        for child in self._children.values():
            child.exited.set_result(-signal.SIGKILL)
        self._children.clear()
