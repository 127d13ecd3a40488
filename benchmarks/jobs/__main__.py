"""The mesh beside its peers: `python -m benchmarks.jobs`, `--help` for what can be chosen.

Every system gets the same jobs, the same PostgreSQL and Valkey (both durable), two worker processes of twelve jobs at
once, in turns. Peers are installed once, into `--cache`. What counts is counted: each job done, once.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.jobs import rows, table
from benchmarks.jobs.lab import Lab
from benchmarks.jobs.systems import PEERS, SYSTEMS, System, install
from benchmarks.report import parser
from benchmarks.router.table import machine

_DRAINS = {"noop": "No-op", "insert": "One row in PostgreSQL", "sleep": "50 ms of I/O"}
_ROWS = [*_DRAINS, "latency", "recovery", "trickle"]
_LOADS = {"idle": 0.0, "25 %": 0.25, "50 %": 0.5, "80 %": 0.8}
_IDLE_RATE = 20.0


class Run:
    """What was chosen, and what has been measured."""

    def __init__(self, lab: Lab, systems: Sequence[System], effort: rows.Effort) -> None:
        self.lab = lab
        self.systems = systems
        self.effort = effort
        self._capacity: dict[str, float] = {}

    def drains(self, kind: str) -> Any:
        """Every system in turns, `runs` times."""
        measured: defaultdict[str, list[rows.Drained]] = defaultdict(list)
        for _ in range(self.effort.runs):
            for system in self.systems:
                measured[system.title].append(rows.drain(self.lab, system, kind, self.effort.drained[kind]))
        if kind == "noop":
            self._capacity = {title: rows.capacity(runs) for title, runs in measured.items()}
        tell(table.drained_table(_DRAINS[kind], measured, PEERS["dramatiq"].title))
        return measured

    def latency(self) -> Any:
        """At shares of the capacity that the no-ops have shown."""
        measured: dict[str, dict[str, list[rows.Latency]]] = {}
        for system in self.systems:
            most = self._capacity.get(system.title) or self._measure_capacity(system)
            measured[system.title] = {
                load: [rows.latency(self.lab, system, share * most or _IDLE_RATE, self.effort.paced_seconds)]
                for load, share in _LOADS.items()
            }
        tell(table.latency_table(measured))
        return measured

    def recovery(self) -> Any:
        """Seconds."""
        measured: dict[str, float | None] = {}
        for system in self.systems:
            measured[system.title] = rows.recovery(self.lab, system, self.effort.patience)
        lines = ["**From SIGKILL of a worker until its jobs have begun again**", "", "| | seconds |", "|---|---|"]
        lines += [table.line([name, self._bounded(value)]) for name, value in measured.items()]
        tell("\n".join(lines))
        return measured

    def trickle(self) -> Any:
        """Milliseconds; of the peers one, since none knows whose its jobs are: what comes first goes first."""
        systems = [system for system in self.systems if system is PEERS["dramatiq"] or system not in PEERS.values()]
        measured = {system.title: rows.trickle(self.lab, system, self.effort) for system in systems}
        beside = f"beside {self.effort.flood:,} jobs of another tenant"
        lines = ["**p99 ms of a tenant with ten jobs a second**", "", f"| | alone | {beside} |", "|---|---|---|"]
        late = f"> {self.effort.patience / 4 * 1000:,.0f}"
        for name, (alone, crowded) in measured.items():
            lines.append(table.line([name, table.number(alone), late if crowded is None else table.number(crowded)]))
        tell("\n".join(lines))
        return measured

    def _bounded(self, seconds: float | None) -> str:
        return f"> {self.effort.patience:.0f}" if seconds is None else table.number(seconds)

    def _measure_capacity(self, system: System) -> float:
        return rows.drain(self.lab, system, "noop", self.effort.drained["noop"]).rate


def tell(text: str) -> None:
    """Prints a table as soon as it is there."""
    print(f"\n{text}", flush=True)


def run(arguments: argparse.Namespace) -> None:
    """Measures the rows that were asked for."""
    effort = rows.QUICK if arguments.quick else rows.WHOLE
    systems = [SYSTEMS[name] for name in arguments.systems]
    for system in systems:
        install(system, arguments.cache)
    about = machine()
    print(f"Measured by `python -m benchmarks.jobs` on {about}; medians and ranges of {effort.runs} runs.")
    told: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="trellis-benchmark-") as home:
        lab = Lab(Path(home), arguments.cache)
        try:
            lab.start()
            measuring = Run(lab, systems, effort)
            for row in arguments.rows:
                told[row] = measuring.drains(row) if row in _DRAINS else getattr(measuring, row)()
        finally:
            lab.stop()
    if arguments.json:
        whole = {"machine": about, "rows": msgspec.to_builtins(told)}
        arguments.json.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")


def _names(known: Sequence[str]) -> Callable[[str], list[str]]:
    def read(text: str) -> list[str]:
        names = [name for name in text.split(",") if name]
        unknown = set(names) - set(known)
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: not one of {', '.join(known)}")
        return names

    return read


def main() -> None:
    """Parses the command line and measures."""
    options = parser("The mesh beside its peers.")
    options.add_argument("--rows", type=_names(_ROWS), default=_ROWS, help="e.g. noop,insert; all by default")
    options.add_argument(
        "--systems", type=_names(list(SYSTEMS)), default=list(SYSTEMS), help=f"of {', '.join(SYSTEMS)}; all by default"
    )
    options.add_argument("--quick", action="store_true", help="one short run, to see that everything works")
    options.add_argument(
        "--cache",
        type=Path,
        default=Path(tempfile.gettempdir()) / "trellis-benchmark-peers",
        help="the folder that the peers' packages are installed into",
    )
    run(options.parse_args())


if __name__ == "__main__":
    main()
