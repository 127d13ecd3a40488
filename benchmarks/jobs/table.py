"""The figures of the mesh and its peers as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from benchmarks.jobs.rows import Drained, Effort, Latency, capacity
from benchmarks.report import number, spread, table


def drained_table(title: str, measured: Mapping[str, Sequence[Drained]], reference: str) -> str:
    """A line for each system: medians with their ranges."""
    heads = ["", "jobs/s", "to bare Dramatiq", "CPU s per 1,000", "PostgreSQL", "Redis"]
    base = capacity(measured[reference]) if reference in measured else None
    rows = []
    for name, runs in measured.items():
        ratio = f"{capacity(runs) / base:.2f}" if base else ""
        used = [spread([getattr(run, of) for run in runs]) for of in ("workers", "postgres", "redis")]
        rows.append([name, spread([run.rate for run in runs]), ratio, *used])
    return table(title, heads, rows)


def latency_table(measured: Mapping[str, Mapping[str, Sequence[Latency]]]) -> str:
    """A line for each system, a column for each load."""
    loads = list(next(iter(measured.values())))
    rows = [[name, *map(_latency, by_load.values())] for name, by_load in measured.items()]
    return table("Commit to start, p50 / p99 ms", ["", *loads], rows)


def recovery_table(measured: Mapping[str, float | None], patience: float) -> str:
    """A line for each system; `patience`: seconds after which nobody has waited on."""
    rows = [[name, _bounded(seconds, patience)] for name, seconds in measured.items()]
    return table("From SIGKILL of a worker until its jobs have begun again", ["", "seconds"], rows)


def trickle_table(measured: Mapping[str, tuple[float, float | None]], effort: Effort) -> str:
    """A line for each system."""
    heads = ["", "alone", f"beside {effort.flood:,} jobs of another tenant"]
    most = effort.crowded_patience * 1000
    rows = [[name, number(alone), _bounded(crowded, most)] for name, (alone, crowded) in measured.items()]
    return table("p99 ms of a tenant with ten jobs a second", heads, rows)


def _bounded(value: float | None, most: float) -> str:
    return f"> {number(most)}" if value is None else number(value)


def _latency(runs: Sequence[Latency]) -> str:
    p50, p99 = statistics.median(run.p50 for run in runs), statistics.median(run.p99 for run in runs)
    return f"{number(p50)} / {number(p99)} ({number(runs[0].rate)}/s)"
