"""ROOT_QUERY_USED: a type is called Query but is not where queries start."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.root_types import misleading_root_types


def root_query_used(graph: Graph) -> Iterator[CompositionError]:
    """In the supergraph the root is called Query whatever the subgraph calls it, so no other type may be."""
    return misleading_root_types(graph, "query")
