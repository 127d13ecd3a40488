"""What a leading relay does beside passing work on: chores, each of which knows when it is due again.

They have a connection and a task of their own, so that no claim waits behind them; and they may lose what they have
committed to a crash of the server, since each finds out by itself what is left to do.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

log = structlog.get_logger()

#: The longest wait between two looks at what is due; also how long a standby takes to begin, once it leads.
LOOK_SECONDS = 0.25

AFTER_FAILURE = 2.0


class Chore(Protocol):
    """Something to be attended to again and again."""

    async def attend(self) -> float:
        """One bounded round; returns the seconds until the next. Doing it twice does no harm."""


class Upkeep:
    """The chores of one domain's relay, one after another."""

    def __init__(self, domain: str, chores: Sequence[Chore], leads: Callable[[], bool]) -> None:
        self._domain = domain
        self._due = dict.fromkeys(chores, 0.0)
        self._leads = leads

    async def run(self) -> None:
        """Attends until cancelled; a chore that fails is logged and tried again, and keeps no other from its turn."""
        while True:
            wait = LOOK_SECONDS
            if self._leads():
                for chore, due in self._due.items():
                    if time.monotonic() >= due:
                        self._due[chore] = time.monotonic() + await self._attend(chore)
                wait = min(wait, max(0.0, min(self._due.values()) - time.monotonic()))
            await asyncio.sleep(wait)

    async def _attend(self, chore: Chore) -> float:
        try:
            return await chore.attend()
        except Exception as error:
            name = type(chore).__name__
            log.warning("relay.chore_failed", domain=self._domain, chore=name, error=repr(error)[:500])
            return AFTER_FAILURE
