"""INTERFACE_FIELD_NO_IMPLEM: merging gave an interface a field that an implementing object lacks."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.supergraph.model import TypeKind


def interface_field_no_implem(graph: Graph) -> Iterator[CompositionError]:
    """An object must have the fields of its interface from all subgraphs, not only from its own."""
    for type_name in graph.type_names:
        parts = graph.of_type(type_name)
        if parts[0][1].kind is not TypeKind.OBJECT:
            continue
        fields = set(graph.field_names(type_name))
        for interface in sorted({name for _, type_ in parts for name in type_.interfaces}):
            for field_name in graph.field_names(interface):
                if field_name not in fields:
                    yield CompositionError(
                        "INTERFACE_FIELD_NO_IMPLEM",
                        f"{type_name} implements {interface} without its field {field_name}",
                        tuple(type_.place for _, type_ in parts),
                    )
