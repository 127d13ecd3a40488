"""INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM: not every subgraph understands a value."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import Hint
from router.composition.merged import Graph
from router.composition.wording import listed
from router.supergraph.model import TypeKind


def inconsistent_enum_value_for_input_enum(graph: Graph) -> Iterator[Hint]:
    """Clients that only write the enum cannot write it: it is not in the supergraph."""
    for type_name, parts in graph.types_of(TypeKind.ENUM):
        kept = graph.enum_values(type_name)
        for value in dict.fromkeys(value for _, type_ in parts for value in type_.values):
            if value not in kept:
                without = [sub.name for sub, type_ in parts if value not in type_.values]
                yield Hint(
                    "INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM",
                    f"{type_name}.{value} is left out of the supergraph: it is missing in {listed(without)}",
                    tuple(type_.values[value].place for _, type_ in parts if value in type_.values),
                )
