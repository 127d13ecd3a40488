"""EMPTY_MERGED_INPUT_TYPE: an input object of which nothing is left once it is merged."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.supergraph.model import TypeKind


def empty_merged_input_type(graph: Graph) -> Iterator[CompositionError]:
    """At least one field must be in every subgraph that has the input object."""
    for type_name, parts in graph.types_of(TypeKind.INPUT_OBJECT):
        if not graph.merged_inputs(type_name):
            yield CompositionError(
                "EMPTY_MERGED_INPUT_TYPE",
                f"{type_name} has no field that all its subgraphs have",
                tuple(type_.place for _, type_ in parts),
            )
