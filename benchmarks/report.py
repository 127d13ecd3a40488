"""How every benchmark tells its figures: Markdown tables on standard output, JSON where `--json` says."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """One row: what was measured, how often, and how it spread."""

    name: str
    unit: str
    values: list[float]

    @property
    def median(self) -> float:
        """The middle value."""
        return statistics.median(self.values)


def percentiles(name: str, runs: Sequence[Sequence[float]], percents: Sequence[int]) -> list[Figure]:
    """A figure for each percentile, with a value for each run. `runs`: the milliseconds of each."""
    return [Figure(f"{name}, p{percent}", "ms", [percentile(run, percent) for run in runs]) for percent in percents]


def tell(title: str, figures: Sequence[Figure], arguments: argparse.Namespace, **facts: Any) -> None:
    """Prints the table, and writes the JSON when asked to."""
    rows = [
        [figure.name, f"{number(figure.median)} {figure.unit}", _range(figure.values), str(len(figure.values))]
        for figure in figures
    ]
    print(f"\n{table(title, ['', 'median', 'range', 'runs'], rows)}")
    measured = [msgspec.to_builtins(figure) | {"median": figure.median} for figure in figures]
    save(arguments, title=title, **facts, figures=measured)


def save(arguments: argparse.Namespace, **whole: Any) -> None:
    """Writes what was measured as JSON, when asked to."""
    if arguments.json:
        arguments.json.write_text(json.dumps(msgspec.to_builtins(whole), indent=2) + "\n", encoding="utf-8")


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table below its title."""
    return "\n".join([f"**{title}**", "", *map(_line, (heads, ["---"] * len(heads), *rows))])


def spread(values: Sequence[float]) -> str:
    """The median, and in brackets the range."""
    return f"{number(statistics.median(values))} ({_range(values)})"


def number(value: float) -> str:
    """With as many digits as mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def machine() -> str:
    """Processor, memory, system, and the load that was there already: ask before measuring."""
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(encoding="utf-8"))
    gigabytes = int(memory[1]) / 1024**2 if memory else 0.0
    return (
        f"{os.cpu_count()} processors ({model[1] if model else 'unknown'}), {gigabytes:.0f} GB, "
        f"{platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}, "
        f"load before {os.getloadavg()[0]:.2f}"
    )


def _range(values: Sequence[float]) -> str:
    return f"{number(min(values))}-{number(max(values))}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
