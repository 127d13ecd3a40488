"""ENUM_VALUE_MISMATCH: an enum that clients read and write differs between subgraphs."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.supergraph.model import TypeKind


def enum_value_mismatch(graph: Graph) -> Iterator[CompositionError]:
    """No merge is safe in both directions, so the values must be the same everywhere."""
    for type_name in graph.type_names:
        if type_name not in graph.used_as_input or type_name not in graph.used_as_output:
            continue
        parts = graph.of_type(type_name)
        if parts[0][1].kind is not TypeKind.ENUM:
            continue
        for value in graph.enum_values(type_name):
            if any(type_.values[value].has("inaccessible") for _, type_ in parts if value in type_.values):
                continue
            without = [type_.place for _, type_ in parts if value not in type_.values]
            if without:
                yield CompositionError(
                    "ENUM_VALUE_MISMATCH", f"{type_name}.{value} is not in every subgraph", tuple(without)
                )
