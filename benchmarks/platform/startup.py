"""Seconds until ready and memory: `python -m benchmarks.platform.startup [--runs N] [--json FILE]`.

Each run starts a platform in an empty home, then once more in the same home; memory is read ten seconds after
it is ready.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.options import parser
from benchmarks.processes import processes_below, proportional_megabytes, resident_megabytes
from benchmarks.report import Figure, tell
from tests.support.platform import Platform, free_port_base

_SETTLE_SECONDS = 10


def main() -> None:
    """Parses the command line and measures."""
    options = parser("Seconds until ready, and memory.")
    options.add_argument("--runs", type=int, default=5)
    arguments = options.parse_args()
    first, again, proportional, resident = [], [], [], []
    for _ in range(arguments.runs):
        with tempfile.TemporaryDirectory(prefix="trellis-benchmark-") as home:
            platform = Platform(Path(home), free_port_base())
            first.append(_start(platform))
            platform.stop()
            again.append(_start(platform))
            time.sleep(_SETTLE_SECONDS)
            pids = processes_below(platform.pid)
            proportional.append(proportional_megabytes(pids))
            resident.append(resident_megabytes(pids))
            platform.stop()
    figures = [
        Figure("first `trellis up` to ready (create, migrate, seed)", "s", first),
        Figure("second `trellis up` to ready", "s", again),
        Figure("memory of the whole (PSS: shared pages once)", "MB", proportional),
        Figure("memory of the whole (sum of RSS)", "MB", resident),
    ]
    tell("Start and memory", figures, arguments)


def _start(platform: Platform) -> float:
    began = time.perf_counter()
    platform.start()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
