"""Ends a worker process whose event loop stands still.

An actor that blocks (an endless loop, a library that waits without `await`) stops every other job of its process, and
the heartbeat with them: their leases end and they are rescued. The process itself would stand there for ever, and with
it a part of the capacity. So it ends, tells where it stood, and its supervisor starts another.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import traceback

import structlog

log = structlog.get_logger()

#: The exit status of a process that was ended so: an internal error, by the words of sysexits.h.
EXIT_STATUS = 70

#: How often the loop is asked within the seconds that it may be silent. They are counted, not measured: a process that
#: was frozen whole (SIGSTOP, a sleeping machine) has asked nothing meanwhile and goes on.
QUESTIONS = 20


class Watchdog:
    """Asks the loop again and again, from a thread of its own, until it is stopped."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, seconds: float) -> None:
        self._loop = loop
        self._seconds = seconds
        self._unanswered = 0
        self._loop_thread: int | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begins to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Asks no more. Called before the loop ends."""
        self._stopped.set()

    def _watch(self) -> None:
        while not self._stopped.wait(self._seconds / QUESTIONS):
            if self._unanswered >= QUESTIONS:
                log.critical("worker.stuck", seconds=self._seconds, stack=self._where())
                sys.stderr.flush()
                os._exit(EXIT_STATUS)
            self._unanswered += 1
            self._loop.call_soon_threadsafe(self._answer)

    def _answer(self) -> None:
        self._unanswered = 0
        self._loop_thread = threading.get_ident()

    def _where(self) -> str:
        frame = sys._current_frames().get(self._loop_thread or 0)
        return "".join(traceback.format_stack(frame, limit=-8)) if frame else ""
