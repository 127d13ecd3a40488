"""How every benchmark tells its figures: a Markdown table on standard output, JSON with `--json FILE`."""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Sequence
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


def parser(description: str) -> argparse.ArgumentParser:
    """An argument parser that knows `--json`."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--json", type=Path, help="also write the figures to this file")
    return made


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def tell(title: str, figures: Sequence[Figure], arguments: argparse.Namespace, **facts: Any) -> None:
    """Prints the table, and writes the JSON when asked to."""
    print(f"\n### {title}\n\n| | median | range | runs |\n|---|---|---|---|")
    for figure in figures:
        low, high = min(figure.values), max(figure.values)
        print(f"| {figure.name} | {figure.median:,.4g} {figure.unit} | {low:,.4g}-{high:,.4g} | {len(figure.values)} |")
    if arguments.json:
        rows = [msgspec.to_builtins(figure) | {"median": figure.median} for figure in figures]
        arguments.json.write_text(json.dumps({"title": title, **facts, "figures": rows}, indent=2) + "\n")
