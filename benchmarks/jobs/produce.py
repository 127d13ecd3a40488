"""Enqueues jobs: `python -m benchmarks.jobs.produce MODULE load KIND FIRST COUNT`, or `pace KIND FIRST COUNT RATE`.

`MODULE` has `put(kind, first, count)`. Paced jobs are marked as `committed` once they are enqueued.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
import time
from collections.abc import Awaitable, Callable

from benchmarks.jobs.marks import mark

#: Seconds between two looks at what is due: at high rates, jobs are enqueued by a few at once.
_TICK = 0.005

Put = Callable[[str, int, int], Awaitable[None]]


async def pace(put: Put, kind: str, first: int, count: int, rate: float) -> None:
    """Enqueues at an even rate, whether or not they are worked off."""
    began, done = time.monotonic(), 0
    while done < count:
        due = min(count, int((time.monotonic() - began) * rate) + 1)
        if due > done:
            await put(kind, first + done, due - done)
            mark("committed", first + done, due - done)
            done = due
        await asyncio.sleep(max(_TICK, began + done / rate - time.monotonic()))


async def main() -> None:
    """Reads the command line."""
    module, how, kind, *numbers = sys.argv[1:]
    put: Put = importlib.import_module(module).put
    if how == "load":
        await put(kind, *map(int, numbers[:2]))
    else:
        await put("noop", -1, 1)  # connected before the first that counts
        await pace(put, kind, int(numbers[0]), int(numbers[1]), float(numbers[2]))


if __name__ == "__main__":
    asyncio.run(main())
