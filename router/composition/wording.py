"""How findings say who says what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def by_subgraph(said: Iterable[tuple[str, str]]) -> str:
    """Pairs of what is said and by which subgraph: `Int in a and b, String in c`."""
    grouped: dict[str, list[str]] = {}
    for value, subgraph in said:
        grouped.setdefault(value, []).append(subgraph)
    return ", ".join(f"{value} in {listed(subgraphs)}" for value, subgraphs in grouped.items())


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
