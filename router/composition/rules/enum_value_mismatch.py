"""ENUM_VALUE_MISMATCH: an enum that clients read and write differs between subgraphs."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.wording import listed
from router.supergraph.model import TypeKind


def enum_value_mismatch(graph: Graph) -> Iterator[CompositionError]:
    """No merge is safe in both directions, so the values must be the same everywhere, unless clients see them not."""
    for type_name, parts in graph.types_of(TypeKind.ENUM):
        if type_name not in graph.used_as_input or type_name not in graph.used_as_output:
            continue
        for value in graph.enum_values(type_name):
            having = [type_.values[value] for _, type_ in parts if value in type_.values]
            without = [(sub.name, type_.place) for sub, type_ in parts if value not in type_.values]
            if without and not any(found.has("inaccessible") for found in having):
                yield CompositionError(
                    "ENUM_VALUE_MISMATCH",
                    f"{type_name}.{value} is missing in {listed([name for name, _ in without])}, and clients both "
                    "read and write the enum",
                    tuple(place for _, place in without),
                )
