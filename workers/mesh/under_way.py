"""What a worker process runs at this moment: what its heartbeat keeps alive, and what it can break off."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

#: Seconds between two looks whether what was broken off has ended.
_LOOK_SECONDS = 0.02


class BrokenOff(Exception):
    """A job was cancelled while it ran."""

    code = "CANCELLED"


class HandedBack(Exception):
    """A job ran when its worker had to stop: it is to run elsewhere, as if it had not been tried."""

    code = "WORKER_STOPPED"


class UnderWay:
    """The leases and the attempts of one worker process. They begin, end and are broken off on one event loop."""

    def __init__(self) -> None:
        self._leases: Counter[UUID] = Counter()
        self._attempts: defaultdict[UUID, set[_Attempt]] = defaultdict(set)

    def leases(self) -> list[UUID]:
        """The leases of what runs."""
        return list(self._leases)

    def break_off(self, job: UUID) -> None:
        """Cancels the task that runs a job, unless its end is being recorded already."""
        for attempt in self._attempts.get(job, ()):
            attempt.break_off(BrokenOff("It was cancelled while it ran."))

    async def hand_back(self) -> None:
        """Breaks off all that runs, so that it is handed back; returns when that is recorded."""
        while self._leases:
            for attempt in {attempt for attempts in self._attempts.values() for attempt in attempts}:
                if attempt.reason is None:
                    attempt.break_off(HandedBack("Its worker had to stop."))
            await asyncio.sleep(_LOOK_SECONDS)

    @contextmanager
    def keeping(self, lease: UUID) -> Iterator[None]:
        """Within the block, the heartbeat keeps the lease; of a message that came twice, until both have ended."""
        self._leases[lease] += 1
        try:
            yield
        finally:
            self._leases[lease] -= 1
            if not self._leases[lease]:
                del self._leases[lease]

    @contextmanager
    def breakable(self, jobs: Sequence[UUID]) -> Iterator[None]:
        """An attempt at some jobs: when one of them is broken off within the block, that raises the reason."""
        attempt = _Attempt(_current_task())
        for job in jobs:
            self._attempts[job].add(attempt)
        try:
            yield
        except asyncio.CancelledError as error:
            if attempt.reason and attempt.only_broken_off():
                raise attempt.reason from error
            raise
        finally:
            for job in jobs:
                self._attempts[job].discard(attempt)
                if not self._attempts[job]:
                    del self._attempts[job]
            attempt.end()


class _Attempt:
    """What a task does within one block."""

    def __init__(self, task: asyncio.Task[Any]) -> None:
        self._task = task
        self._asked = 0
        self.reason: Exception | None = None

    def break_off(self, reason: Exception) -> None:
        self.reason = reason
        self._asked += 1
        self._task.cancel()

    def only_broken_off(self) -> bool:
        """Whether nobody else wants the task to end."""
        return self._asked == self._task.cancelling()

    def end(self) -> None:
        """Takes back what was asked, so that the task goes on; another's wish that it should end stays."""
        for _ in range(self._asked):
            self._task.uncancel()


def _current_task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("Only a task can be broken off.")
    return task
