"""The members of `join__Graph`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from router.composition.subgraph import SubgraphSchema


def graph_names(subgraphs: Sequence[SubgraphSchema]) -> Mapping[str, str]:
    """Subgraph name to its member of join__Graph: word characters, upper case; what is then the same is numbered."""
    bases = {subgraph.name: _base(subgraph.name) for subgraph in subgraphs}
    counted = Counter(bases.values())
    names: dict[str, str] = {subgraph: base for subgraph, base in bases.items() if counted[base] == 1}
    for subgraph, base in bases.items():
        number = 1
        while subgraph not in names:
            if f"{base}_{number}" not in names.values():
                names[subgraph] = f"{base}_{number}"
            number += 1
    return {subgraph: names[subgraph] for subgraph in bases}


def _base(name: str) -> str:
    base = re.sub(r"\W", "_", name, flags=re.ASCII).upper()
    return f"_{base}" if base[:1].isdigit() else base
