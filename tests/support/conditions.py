"""What a test may lay on a role's process before it works: a clock that is wrong, little memory.

The clock is shifted for Python code: wherever a module holds `time.time`, `time.time_ns` or `datetime`, it holds a
shifted one afterwards. Timers (`monotonic`) go on as they are, as they do on a machine whose clock is wrong.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

#: Seconds by which the process' clock is ahead; negative: behind.
CLOCK_AHEAD = "TRELLIS_TEST_CLOCK_AHEAD"
#: MiB of address space that the process may take beyond what it has when it begins to work.
MEMORY = "TRELLIS_TEST_MEMORY"
#: The name of an actor that the process does not know, as one of an older release would not.
UNKNOWN_ACTOR = "TRELLIS_TEST_UNKNOWN_ACTOR"
#: Schedules that a relay has, as JSON: a list of name, cron expression and zone. Each tick is a `Chime` of that name.
SCHEDULES = "TRELLIS_TEST_SCHEDULES"


def apply() -> None:
    """Lays on the process what its environment says. Called when all modules have been imported."""
    if ahead := float(os.environ.get(CLOCK_AHEAD, "0")):
        _shift_clock(ahead)
    if memory := int(os.environ.get(MEMORY, "0")):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + memory * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _shift_clock(ahead: float) -> None:
    true_time, true_time_ns = time.time, time.time_ns

    class Kind(type(datetime)):  # type: ignore[misc]
        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, datetime)

    class Shifted(datetime, metaclass=Kind):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(seconds=ahead)

    shifted = {
        id(true_time): lambda: true_time() + ahead,
        id(true_time_ns): lambda: true_time_ns() + int(ahead * 1e9),
        id(datetime): Shifted,
    }
    for module in list(sys.modules.values()):
        if module.__name__ == __name__ or not hasattr(module, "__dict__"):
            continue
        for name, value in list(vars(module).items()):
            if id(value) in shifted:
                setattr(module, name, shifted[id(value)])
