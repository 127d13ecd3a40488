"""The figures of the router and its peers as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from benchmarks.report import number, spread, table
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
    floor = next((one for one in every if one.name == FLOOR), None)
    rows = []
    for one in every:
        cells = [one.name, one.calls, spread(one.values["seconds_per_1000"])]
        if is_planning:
            cells += [spread(one.values["p50_alone"]), number(max(one.values["p99_alone"]))]
        else:
            ratio = _median(one, "seconds_per_1000") / _median(floor, "seconds_per_1000") if floor else None
            cells.append(f"{ratio:.2f}" if ratio else "")
            cells += [
                f"{number(_median(one, f'p50_{who}'))} / {number(_median(one, f'p99_{who}'))}"
                for who in ("alone", "many")
            ]
        rows.append([*cells, number(_median(one, "rss")), number(_median(one, "pss"))])
    return table(f"({row.letter}) {row.title}", heads, rows)


def _median(measured: Measured, name: str) -> float:
    return statistics.median(measured.values[name])
