"""INTERFACE_FIELD_NO_IMPLEM: merging gave an interface a field that a type which implements it lacks."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph, kind_of
from router.supergraph.model import TypeKind


def interface_field_no_implem(graph: Graph) -> Iterator[CompositionError]:
    """A type has the fields of its interfaces from all subgraphs, not only from its own."""
    for type_name, parts in graph.types_of(TypeKind.OBJECT, TypeKind.INTERFACE):
        fields = set(graph.field_names(type_name))
        for interface in graph.interfaces_of(type_name):
            for field_name in graph.field_names(interface):
                asking = [
                    (sub.name, field.place)
                    for sub, field in graph.of_field(interface, field_name)
                    if kind_of(sub.types[interface]) is TypeKind.INTERFACE
                ]
                if field_name not in fields and asking:
                    yield CompositionError(
                        "INTERFACE_FIELD_NO_IMPLEM",
                        f"{type_name} implements {interface} without its field {field_name}, "
                        f"which {asking[0][0]} declares",
                        (*(type_.place for _, type_ in parts), *(place for _, place in asking)),
                    )
