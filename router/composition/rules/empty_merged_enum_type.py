"""EMPTY_MERGED_ENUM_TYPE: an enum of which nothing is left once it is merged."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.supergraph.model import TypeKind


def empty_merged_enum_type(graph: Graph) -> Iterator[CompositionError]:
    """An enum that clients only write has the values that every subgraph knows: at least one."""
    for type_name, parts in graph.types_of(TypeKind.ENUM):
        if not graph.enum_values(type_name):
            yield CompositionError(
                "EMPTY_MERGED_ENUM_TYPE",
                f"{type_name} has no value that all its subgraphs have",
                tuple(type_.place for _, type_ in parts),
            )
