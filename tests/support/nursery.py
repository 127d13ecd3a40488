"""Starts role processes fast: a process that has imported everything, and forks.

A test of faults starts several processes; what each would import takes longer than what it then does. It listens to
its standard input and dies, with all that it has started, when that ends: so nothing outlives the tests.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from functools import cache

import msgspec

#: Milliseconds after which a worker looks for Redis again. Dramatiq reads it when it is imported.
_IMPATIENT = {"dramatiq_restart_delay": "300"}


class Birth(msgspec.Struct, tag=True):
    """Asks for a process, which writes its log to the end of a file; answered by its pid."""

    role: str
    port: int
    log: str
    environment: dict[str, str]


class Death(msgspec.Struct, tag=True):
    """Asks whether a process has ended; answered by its exit code (negative: by a signal), or null."""

    pid: int


class Nursery:
    """The tests' side."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.mesh_role"],
            env=os.environ | _IMPATIENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._turn = threading.Lock()

    def start(self, role: str, port: int, log: str, environment: Mapping[str, str]) -> int:
        """Starts a role; returns its pid."""
        return int(self._ask(Birth(role, port, log, dict(environment))))

    def exit_code(self, pid: int) -> int | None:
        """How a process has ended; None while it runs."""
        answer = self._ask(Death(pid))
        return None if answer == b"null\n" else int(answer)

    def _ask(self, what: Birth | Death) -> bytes:
        assert self._process.stdin
        assert self._process.stdout
        with self._turn:
            self._process.stdin.write(msgspec.json.encode(what) + b"\n")
            self._process.stdin.flush()
            return self._process.stdout.readline()


@cache
def the_nursery() -> Nursery:
    """The one of this test run."""
    return Nursery()


def serve(roles: Mapping[str, Callable[[int], None]]) -> None:
    """The other side: forks a process for each birth that is asked for, until there is nobody to ask."""
    ended: dict[int, int] = {}
    started: set[int] = set()
    with os.fdopen(os.dup(1), "wb", buffering=0) as answers:
        os.dup2(2, 1)  # what is printed is not an answer
        for line in sys.stdin.buffer:
            match msgspec.json.decode(line, type=Birth | Death):
                case Birth() as birth:
                    pid = os.fork()
                    if not pid:
                        answers.close()
                        _live(roles[birth.role], birth)
                    started.add(pid)
                    answers.write(b"%d\n" % pid)
                case Death(pid):
                    if pid not in ended:
                        done, status = os.waitpid(pid, os.WNOHANG)
                        if done:
                            ended[pid] = os.waitstatus_to_exitcode(status)
                    answers.write(b"%d\n" % ended[pid] if pid in ended else b"null\n")
    for pid in started - ended.keys():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _live(role: Callable[[int], None], birth: Birth) -> None:
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for stream in (1, 2):
            os.dup2(os.open(birth.log, os.O_WRONLY | os.O_APPEND), stream)
        os.environ.update(birth.environment)
        role(birth.port)
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(code)
