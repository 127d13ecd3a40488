"""INVALID_SUBGRAPH_NAME: a subgraph that has no name of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph

_RESERVED = frozenset({"", "_"})


def invalid_subgraph_name(graph: Graph) -> Iterator[CompositionError]:
    """Errors, overrides and the router tell subgraphs apart by name; `_` is kept for federation itself."""
    counted = Counter(sub.name for sub in graph.subgraphs)
    for sub in graph.subgraphs:
        if sub.name.strip() in _RESERVED:
            yield CompositionError("INVALID_SUBGRAPH_NAME", f"{sub.name!r} is no name for a subgraph", (sub.place,))
        elif counted[sub.name] > 1:
            message = f"{counted[sub.name]} subgraphs are called {sub.name!r}"
            yield CompositionError("INVALID_SUBGRAPH_NAME", message, (sub.place,))
