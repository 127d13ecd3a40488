"""INVALID_FIELD_SHARING: two subgraphs resolve a field, and not both have said that they may."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.supergraph.model import TypeKind


def invalid_field_sharing(graph: Graph) -> Iterator[CompositionError]:
    """A field of an object that several subgraphs resolve must be shareable in each; key fields always are."""
    for type_name in graph.type_names:
        if graph.kind(type_name) is not TypeKind.OBJECT:
            continue
        for field_name in graph.field_names(type_name):
            taken = {field.override for _, field in graph.of_field(type_name, field_name)}
            resolvers = [item for item in graph.resolvers(type_name, field_name) if item[0].name not in taken]
            alone = [sub.name for sub, field in resolvers if not graph.is_shareable(sub, type_name, field)]
            if len(resolvers) > 1 and alone:
                names = ", ".join(sub.name for sub, _ in resolvers)
                yield CompositionError(
                    "INVALID_FIELD_SHARING",
                    f"{type_name}.{field_name} is resolved by {names}, and not shareable in {', '.join(alone)}",
                    tuple(field.place for _, field in resolvers),
                )
