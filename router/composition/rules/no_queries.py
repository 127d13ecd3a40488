"""NO_QUERIES: a graph that nothing can be asked of."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph


def no_queries(graph: Graph) -> Iterator[CompositionError]:
    """At least one subgraph must define a field of Query."""
    if "Query" not in graph.type_names:
        yield CompositionError("NO_QUERIES", "no subgraph defines a field of Query")
