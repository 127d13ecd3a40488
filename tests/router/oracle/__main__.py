"""The oracle by hand: as long as one likes, and each failure made small."""

from __future__ import annotations

import argparse
import sys
import time

from .report import described
from .run import Failure, Statistics, failures
from .shrink import shrink


def main() -> int:
    """Runs the graphs of a seed; the exit code says whether the router was ever wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.router.oracle", description=__doc__)
    parser.add_argument("--seed", default="1", help="'S', or 'S:N' for graph N of it alone")
    parser.add_argument("--cases", type=int, default=10_000, help="operations altogether")
    parser.add_argument("--operations", type=int, default=25, help="operations of each graph")
    parser.add_argument("--most", type=int, default=5, help="failures to show, each of another kind or graph")
    parser.add_argument("--shrink", type=float, default=60.0, help="seconds to make one failure small")
    options = parser.parse_args()
    started, statistics, shown = time.monotonic(), Statistics(), 0
    graphs = [options.seed] if ":" in options.seed else _graphs(options.seed, options.cases // options.operations)
    for seed in graphs:
        kinds: dict[str, Failure] = {}
        for failure in failures(seed, options.operations, statistics):
            kinds.setdefault(failure.difference.kind, failure)
        for failure in kinds.values():
            if shown < options.most:
                shown += 1
                sys.stdout.write(described(shrink(failure, options.shrink)))
    sys.stdout.write(f"seed {options.seed}: {statistics}, {time.monotonic() - started:.0f} s\n")
    return 1 if statistics.differences else 0


def _graphs(seed: str, count: int) -> list[str]:
    return [f"{seed}:{number}" for number in range(max(count, 1))]


sys.exit(main())
