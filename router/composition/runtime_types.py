"""The types that subgraphs can return for a field that several resolve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from router.composition.merged import FieldMention, Graph
from router.supergraph.model import TypeKind, named_type


def shared_runtime_types(graph: Graph) -> Iterator[tuple[str, list[FieldMention], Mapping[str, frozenset[str]]]]:
    """Coordinate, resolvers, and by subgraph what a shared field that returns an abstract type can be there."""
    for type_name, field_name, _ in graph.fields():
        resolvers = graph.resolvers(type_name, field_name)
        if len(resolvers) < 2 or graph.kind(type_name) is not TypeKind.OBJECT:
            continue
        returned = [(sub, sub.returned(field)) for sub, field in resolvers]
        if not any(type_ and type_.kind in (TypeKind.INTERFACE, TypeKind.UNION) for _, type_ in returned):
            continue
        # An interface object stands for whatever types others know.
        if any(type_ and type_.interface_object for _, type_ in returned):
            continue
        possible = {
            sub.name: frozenset(found.name for found in sub.possible(named_type(field.type)))
            for sub, field in resolvers
        }
        yield f"{type_name}.{field_name}", resolvers, possible
