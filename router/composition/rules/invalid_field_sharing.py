"""INVALID_FIELD_SHARING: several subgraphs resolve a field, and not all have said that they may."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.subgraph import FieldDef, SubgraphSchema
from router.composition.wording import listed
from router.supergraph.model import TypeKind

_Resolver = tuple[str, SubgraphSchema, FieldDef]


def invalid_field_sharing(graph: Graph) -> Iterator[CompositionError]:
    """A field that several subgraphs resolve is shareable in each. One subgraph alone can resolve a subscription."""
    for type_name in graph.type_names:
        for field_name in graph.field_names(type_name):
            resolvers = _resolvers(graph, type_name, field_name)
            if len(resolvers) < 2:
                continue
            alone = [sub.name for name, sub, field in resolvers if not graph.is_shareable(sub, name, field)]
            names = listed([sub.name for _, sub, _ in resolvers])
            places = tuple(field.place for _, _, field in resolvers)
            if type_name == "Subscription":
                message = f"Subscription.{field_name} is resolved by {names}, and subscriptions cannot be shared"
                yield CompositionError("INVALID_FIELD_SHARING", message, places)
            elif alone:
                message = f"{type_name}.{field_name} is resolved by {names}, and not shareable in {listed(alone)}"
                yield CompositionError("INVALID_FIELD_SHARING", message, places)


def _resolvers(graph: Graph, type_name: str, field_name: str) -> list[_Resolver]:
    """Who resolves the field for one object, and on which type: that one, or the object of an interface of it."""
    taken = {field.override for _, field in graph.of_field(type_name, field_name)}
    if graph.kind(type_name) is TypeKind.INTERFACE:
        objects = graph.interface_objects(type_name)
        found = [(type_name, sub, type_.fields[field_name]) for sub, type_ in objects if field_name in type_.fields]
    else:
        found = [(type_name, sub, field) for sub, field in graph.of_field(type_name, field_name)]
        if found:
            found.extend(
                (interface, sub, type_.fields[field_name])
                for interface in graph.interfaces_of(type_name)
                for sub, type_ in graph.interface_objects(interface)
                if field_name in type_.fields
            )
    return [item for item in found if not item[2].external and item[1].name not in taken]
