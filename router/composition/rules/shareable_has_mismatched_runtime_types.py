"""SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES: no object can be what each of the subgraphs may return."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.runtime_types import shared_runtime_types
from router.composition.wording import by_subgraph, listed


def shareable_has_mismatched_runtime_types(graph: Graph) -> Iterator[CompositionError]:
    """Subgraphs that share a field return the same object, so there must be a type that all of them know."""
    for coordinate, resolvers, possible in shared_runtime_types(graph):
        if not frozenset.intersection(*possible.values()):
            said = [(listed(sorted(found)) if found else "nothing", name) for name, found in possible.items()]
            yield CompositionError(
                "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES",
                f"{coordinate} is shared, but can be {by_subgraph(said)}",
                tuple(field.place for _, field in resolvers),
            )
