"""The process from which all roles are forked.

It imports the heavy libraries once. A role forked from it starts at once and shares their memory: ten roles
take a third of the time and of the memory that ten fresh interpreters take. What makes forking safe is kept
here: this process has one thread, no event loop, no connection and no exporter, and it refuses to serve when a
preloaded module started a thread.

It speaks lines of JSON over one socket (argument 1 is its descriptor):

    in    {"id": 1, "title": "trellis serve orders", "entry": "trellis.cli:main", "args": [...], "env": {...}}
          with the descriptor of the role's output attached;  {"signal": 15, "pid": 4711}
    out   {"ready": true} or {"failed": "why"};  {"id": 1, "pid": 4711};  {"exited": 4711, "status": -9}

When the socket ends, the launcher is gone: the roles are killed. When this process ends, the kernel kills them.
"""

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from setproctitle import setproctitle

from trellis.launcher.parent_death import die_with_parent

_CHUNK = 65536
_DESCRIPTORS_A_CHUNK = 16


@dataclass(frozen=True, slots=True)
class Job:
    """What a forked role runs after it has left the server's loop."""

    title: str
    entry: str
    args: list[str]
    env: dict[str, str]
    output: int

    def run(self) -> int | None:
        """Become the role: its own title, environment and output; returns the entry's exit status."""
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        os.dup2(self.output, 1)
        os.dup2(self.output, 2)
        os.close(self.output)
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # both are TextIOWrapper here
        os.environ.update(self.env)
        sys.argv = ["trellis", *self.args]
        setproctitle(self.title)
        gc.enable()
        module, _, function = self.entry.partition(":")
        entry: Callable[[list[str]], int | None] = getattr(importlib.import_module(module), function)
        return entry(self.args)


class ForkServer:
    """Forks on request, reports the end of each child."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._received = b""
        self._outputs: list[int] = []
        self._children: set[int] = set()

    def serve(self) -> Job | None:
        """Serve until the launcher closes the socket: None. In a forked child: the job to run."""
        wake_read, wake_write = socket.socketpair()
        wake_read.setblocking(False)
        wake_write.setblocking(False)
        signal.set_wakeup_fd(wake_write.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # wakes the selector through the descriptor above
        with selectors.DefaultSelector() as selector, wake_read, wake_write:
            selector.register(self._channel, selectors.EVENT_READ)
            selector.register(wake_read, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select()}
                if wake_read in ready:
                    with contextlib.suppress(BlockingIOError):
                        wake_read.recv(_CHUNK)
                self._reap()
                if self._channel not in ready:
                    continue
                if not self._receive():
                    self._kill_all()
                    return None
                while b"\n" in self._received:
                    line, _, self._received = self._received.partition(b"\n")
                    job = self._obey(json.loads(line))
                    if job is not None:
                        signal.set_wakeup_fd(-1)
                        return job

    def send(self, message: dict[str, Any]) -> None:
        """One message to the launcher; when it is gone, the end of the socket will be read next."""
        with contextlib.suppress(OSError):
            self._channel.sendall(json.dumps(message).encode() + b"\n")

    def _receive(self) -> bool:
        data, descriptors, _, _ = socket.recv_fds(self._channel, _CHUNK, _DESCRIPTORS_A_CHUNK)
        self._received += data
        self._outputs += descriptors
        return bool(data)

    def _obey(self, message: dict[str, Any]) -> Job | None:
        if "signal" in message:
            self._signal(message["pid"], message["signal"])
            return None
        output = self._outputs.pop(0)
        server_pid = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become_child(server_pid)
            return Job(message["title"], message["entry"], message["args"], message["env"], output)
        os.close(output)
        self._children.add(pid)
        self.send({"id": message["id"], "pid": pid})
        return None

    def _become_child(self, server_pid: int) -> None:
        die_with_parent(server_pid)
        os.setsid()  # a group of its own, so that all it starts can be killed with it
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._channel.close()
        for descriptor in self._outputs:
            os.close(descriptor)

    def _signal(self, pid: int, number: int) -> None:
        # Only children that have not been reaped: their pids cannot have passed to others.
        if pid not in self._children:
            return
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(pid, number)
            else:
                os.kill(pid, number)

    def _reap(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._children.discard(pid)
            self.send({"exited": pid, "status": os.waitstatus_to_exitcode(status)})

    def _kill_all(self) -> None:
        for pid in self._children:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)


def _preload(modules: list[str]) -> str | None:
    """Import ``modules`` once for all; the reason why roles cannot be forked from here, if there is one."""
    # Collections would write into every object, and so copy the pages that children are to share.
    gc.disable()
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception as error:
            return f"{module} cannot be imported: {type(error).__name__}: {error}"
    gc.collect()
    gc.freeze()
    with contextlib.suppress(FileNotFoundError):
        threads = len(os.listdir("/proc/self/task"))
        if threads > 1:
            return f"one of the preloaded modules started {threads - 1} thread(s), which a fork would lose"
    return None


def main(channel_descriptor: int, launcher_pid: int, modules: list[str]) -> int | None:
    """Serve the launcher; in a forked role, run it. Returns the exit status."""
    die_with_parent(launcher_pid)
    setproctitle("trellis fork server")
    server = ForkServer(socket.socket(fileno=channel_descriptor))
    failure = _preload(modules)
    if failure is not None:
        server.send({"failed": failure})
        return 1
    server.send({"ready": True})
    job = server.serve()
    return job.run() if job is not None else 0
