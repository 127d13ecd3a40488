"""INVALID_SUBGRAPH_NAME: subgraphs that cannot be told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.places import Place


def invalid_subgraph_name(graph: Graph) -> Iterator[CompositionError]:
    """A subgraph has a name, and no other has the same."""
    for name, count in Counter(sub.name for sub in graph.subgraphs).items():
        if count > 1 or not name.strip():
            yield CompositionError("INVALID_SUBGRAPH_NAME", f"{count} subgraphs are called {name!r}", (Place(name),))
