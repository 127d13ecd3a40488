"""The members of `join__Graph`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from router.composition.subgraph import SubgraphSchema


def graph_names(subgraphs: Sequence[SubgraphSchema]) -> Mapping[str, str]:
    """Subgraph name to its member of join__Graph: word characters, upper case, duplicates numbered."""
    bases = {subgraph.name: _base(subgraph.name) for subgraph in subgraphs}
    names: dict[str, str] = {}
    taken = set(bases.values())
    for subgraph, base in bases.items():
        name, number = base, 1
        while name in names.values() or (number > 1 and name in taken):
            number += 1
            name = f"{base}_{number}"
        names[subgraph] = name
    return names


def _base(name: str) -> str:
    base = re.sub(r"\W", "_", name, flags=re.ASCII).upper()
    return f"_{base}" if base[:1].isdigit() else base
