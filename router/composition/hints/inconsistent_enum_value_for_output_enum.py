"""INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM: not every subgraph returns a value."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import Hint
from router.composition.merged import Graph
from router.composition.wording import listed
from router.supergraph.model import TypeKind


def inconsistent_enum_value_for_output_enum(graph: Graph) -> Iterator[Hint]:
    """Clients that only read the enum must expect it all the same."""
    for type_name, parts in graph.types_of(TypeKind.ENUM):
        if type_name in graph.used_as_input:
            continue
        for value in graph.enum_values(type_name):
            without = [(sub.name, type_.place) for sub, type_ in parts if value not in type_.values]
            if without:
                yield Hint(
                    "INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM",
                    f"{type_name}.{value} is not there in {listed([name for name, _ in without])}",
                    tuple(place for _, place in without),
                )
