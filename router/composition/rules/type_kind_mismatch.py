"""TYPE_KIND_MISMATCH: one name, two kinds of type."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph, kind_of


def type_kind_mismatch(graph: Graph) -> Iterator[CompositionError]:
    """A type must be of the same kind in every subgraph."""
    for name in graph.type_names:
        found = graph.of_type(name)
        kinds = sorted({kind_of(type_).value for _, type_ in found})
        if len(kinds) > 1:
            yield CompositionError(
                "TYPE_KIND_MISMATCH", f"{name} is {' and '.join(kinds)}", tuple(type_.place for _, type_ in found)
            )
