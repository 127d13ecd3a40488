"""When a source is looked at again."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import uniform

_FIRST_RETRY = 0.1
_LONGEST_FIRST_RETRY = 2.0
_LONGEST_RETRY = 60.0
_JITTER = 0.1


class Pace:
    """Every so many seconds, give or take a tenth, so that many routers do not ask at once; 0 is never by itself.

    After failures the pauses double up to a minute. Before anything was found they begin far shorter: nothing is
    served meanwhile. `look_now` ends any pause.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._failures = 0
        self._now = asyncio.Event()

    def look_now(self) -> None:
        self._now.set()

    async def after_success(self) -> None:
        """The pause after a look that found something, or that there is nothing new."""
        self._failures = 0
        await self._pause(self._seconds or None)

    async def after_failure(self) -> None:
        """The pause after a look at what was there before, and is not to be had at the moment."""
        self._failures += 1
        await self._pause(seconds_after(self._seconds, self._failures) or None)

    async def before_first(self) -> None:
        """The pause after a look while nothing was found at all."""
        self._failures += 1
        await self._pause(seconds_before_first(self._failures))

    async def _pause(self, seconds: float | None) -> None:
        share = uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - no secret
        jittered = None if seconds is None else seconds * share
        with suppress(TimeoutError):
            async with asyncio.timeout(jittered):
                await self._now.wait()
        self._now.clear()


def seconds_after(interval: float, failures: int) -> float:
    """The pause after so many failures in a row. The exponent is bounded too: an outage may last for weeks."""
    return min(max(_LONGEST_RETRY, interval), interval * 2.0 ** min(failures, 16))


def seconds_before_first(failures: int) -> float:
    """The same while nothing was found at all."""
    return min(_LONGEST_FIRST_RETRY, _FIRST_RETRY * 1.5 ** min(failures - 1, 16))
