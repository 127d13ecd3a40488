"""The figures as Markdown for the README, and what machine they are from."""

from __future__ import annotations

import os
import platform
import re
import statistics
from collections.abc import Sequence
from pathlib import Path

from benchmarks.router.rows import Measured, Planning, Row

FLOOR = "no GraphQL (floor)"
_LATENCIES = ("p50 / p99 ms, 1 client", "p50 / p99 ms, 8 clients")


def row_table(row: Row, every: Sequence[Measured]) -> str:
    """One row of the benchmark: a line for each gateway, medians with their ranges."""
    is_planning = isinstance(row, Planning)
    heads = (
        ["", "fetches", "CPU ms each", "first request, ms", "slowest, ms", "RSS MB", "PSS MB"]
        if is_planning
        else ["", "fetches", "CPU s per 1,000", "to floor", *_LATENCIES, "RSS MB", "PSS MB"]
    )
    lines = [f"**({row.letter}) {row.title}**", "", _line(heads), _line(["---"] * len(heads))]
    floor = next((one for one in every if one.name == FLOOR), None)
    for one in every:
        cells = [one.name, one.calls, _spread(one.values["seconds_per_1000"])]
        if is_planning:
            cells += [_spread(one.values["p50_alone"]), _number(max(one.values["p99_alone"]))]
        else:
            ratio = _median(one, "seconds_per_1000") / _median(floor, "seconds_per_1000") if floor else None
            cells.append(f"{ratio:.2f}" if ratio else "")
            cells += [
                f"{_number(_median(one, f'p50_{who}'))} / {_number(_median(one, f'p99_{who}'))}"
                for who in ("alone", "many")
            ]
        lines.append(_line([*cells, _number(_median(one, "rss")), _number(_median(one, "pss"))]))
    return "\n".join(lines)


def machine() -> str:
    """Processor, memory, system."""
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(encoding="utf-8"))
    gigabytes = int(memory[1]) / 1024**2 if memory else 0.0
    return (
        f"{os.cpu_count()} processors ({model[1] if model else 'unknown'}), {gigabytes:.0f} GB, "
        f"{platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}, "
        f"load before {os.getloadavg()[0]:.2f}"
    )


def _median(measured: Measured, name: str) -> float:
    return statistics.median(measured.values[name])


def _spread(values: Sequence[float]) -> str:
    return f"{_number(statistics.median(values))} ({_number(min(values))}-{_number(max(values))})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
