"""QUERY_ROOT_TYPE_INACCESSIBLE: clients do not see where they would begin."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.visibility import Visibility


def query_root_type_inaccessible(graph: Graph) -> Iterator[CompositionError]:
    """Every schema has its Query, so it cannot be hidden; its fields can."""
    visible = Visibility(graph)
    if visible.hides("Query"):
        message = "Query is @inaccessible, but a schema begins with it"
        yield CompositionError("QUERY_ROOT_TYPE_INACCESSIBLE", message, visible.marks["Query"])
