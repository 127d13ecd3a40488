"""The figures as Markdown for the README."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from benchmarks.jobs.rows import Drained, Latency


def drained_table(title: str, measured: Mapping[str, Sequence[Drained]], reference: str) -> str:
    """A line for each system: medians with their ranges."""
    heads = ["", "jobs/s", "to bare Dramatiq", "CPU s per 1,000", "PostgreSQL", "Redis"]
    lines = [f"**{title}**", "", line(heads), line(["---"] * len(heads))]
    base = _median(measured[reference], "rate") if reference in measured else None
    for name, runs in measured.items():
        ratio = f"{_median(runs, 'rate') / base:.2f}" if base else ""
        used = [_spread([getattr(run, of) for run in runs]) for of in ("workers", "postgres", "redis")]
        lines.append(line([name, _spread([run.rate for run in runs]), ratio, *used]))
    return "\n".join(lines)


def latency_table(measured: Mapping[str, Mapping[str, Sequence[Latency]]]) -> str:
    """A line for each system, a column for each load."""
    loads = list(next(iter(measured.values())))
    heads = ["", *loads]
    lines = ["**Commit to start, p50 / p99 ms**", "", line(heads), line(["---"] * len(heads))]
    for name, by_load in measured.items():
        cells = [
            f"{number(statistics.median(run.p50 for run in runs))} / "
            f"{number(statistics.median(run.p99 for run in runs))} ({number(runs[0].rate)}/s)"
            for runs in by_load.values()
        ]
        lines.append(line([name, *cells]))
    return "\n".join(lines)


def number(value: float) -> str:
    """With as many digits as mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def line(cells: Sequence[str]) -> str:
    """One line of a table."""
    return f"| {' | '.join(cells)} |"


def _median(runs: Sequence[Drained], name: str) -> float:
    return statistics.median(float(getattr(run, name)) for run in runs)


def _spread(values: Sequence[float]) -> str:
    return f"{number(statistics.median(values))} ({number(min(values))}-{number(max(values))})"
