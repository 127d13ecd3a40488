"""INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD: an interface without keys differs between subgraphs."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import Hint
from router.composition.merged import Graph
from router.composition.wording import listed
from router.supergraph.model import TypeKind


def inconsistent_interface_value_type_field(graph: Graph) -> Iterator[Hint]:
    """What implements it must have the field all the same."""
    for type_name, parts in graph.types_of(TypeKind.INTERFACE):
        if any(type_.keys for _, type_ in parts):
            continue
        for field_name in graph.field_names(type_name):
            without = [(sub.name, type_.place) for sub, type_ in parts if field_name not in type_.fields]
            if without:
                yield Hint(
                    "INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD",
                    f"{type_name}.{field_name} is not there in {listed([name for name, _ in without])}",
                    tuple(place for _, place in without),
                )
