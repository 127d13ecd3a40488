"""The mesh beside its peers: `python -m benchmarks.jobs`, `--help` for what can be chosen.

Every system gets the same jobs, the same PostgreSQL and Valkey (both durable), two worker processes of twelve jobs at
once, in turns. Peers are installed once, into `--cache`. What counts is counted: each job done, once.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.jobs import rows, table
from benchmarks.jobs.lab import Lab
from benchmarks.jobs.systems import PEERS, SYSTEMS, System, install
from benchmarks.options import names, peers_parser
from benchmarks.report import machine, save

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

    def drains(self, kind: str) -> Mapping[str, Sequence[rows.Drained]]:
        """Every system in turns, `runs` times."""
        measured: defaultdict[str, list[rows.Drained]] = defaultdict(list)
        for _ in range(self.effort.runs):
            for system in self.systems:
                measured[system.title].append(rows.drain(self.lab, system, kind, self.effort.drained[kind]))
        if kind == "noop":
            self._capacity = {title: rows.capacity(runs) for title, runs in measured.items()}
        tell(table.drained_table(_DRAINS[kind], measured, PEERS["dramatiq"].title))
        return measured

    def latency(self) -> Mapping[str, Mapping[str, Sequence[rows.Latency]]]:
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

    def recovery(self) -> Mapping[str, float | None]:
        """Seconds; None: more than are waited for."""
        measured: dict[str, float | None] = {}
        for system in self.systems:
            measured[system.title] = rows.recovery(self.lab, system, self.effort.patience)
        tell(table.recovery_table(measured, self.effort.patience))
        return measured

    def trickle(self) -> Mapping[str, tuple[float, float | None]]:
        """Milliseconds, alone and beside another tenant; None: more than are waited for.

        Of the peers one, since none knows whose its jobs are: what comes first goes first.
        """
        systems = [system for system in self.systems if system is PEERS["dramatiq"] or system not in PEERS.values()]
        measured = {system.title: rows.trickle(self.lab, system, self.effort) for system in systems}
        tell(table.trickle_table(measured, self.effort))
        return measured

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
    save(arguments, machine=about, rows=told)


def main() -> None:
    """Parses the command line and measures."""
    options = peers_parser("The mesh beside its peers.")
    options.add_argument("--rows", type=names(_ROWS), default=_ROWS, help="e.g. noop,insert; all by default")
    options.add_argument(
        "--systems", type=names(list(SYSTEMS)), default=list(SYSTEMS), help=f"of {', '.join(SYSTEMS)}; all by default"
    )
    run(options.parse_args())


if __name__ == "__main__":
    main()
