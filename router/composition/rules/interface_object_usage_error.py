"""INTERFACE_OBJECT_USAGE_ERROR: an @interfaceObject that can stand for no interface."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.wording import listed


def interface_object_usage_error(graph: Graph) -> Iterator[CompositionError]:
    """It is an entity, an interface elsewhere, and its subgraph knows none of the types that implement it."""
    for type_name in graph.type_names:
        objects = graph.interface_objects(type_name)
        for sub, type_ in objects:
            if not type_.keys:
                message = f"{type_name} has no key by which other subgraphs could find it"
                yield CompositionError("INTERFACE_OBJECT_USAGE_ERROR", message, (type_.place,))
            known = [name for name in graph.implementations.get(type_name, ()) if name in sub.types]
            if known:
                yield CompositionError(
                    "INTERFACE_OBJECT_USAGE_ERROR",
                    f"{type_name} is an interface object in {sub.name}, which defines {listed(known)} as well",
                    (type_.place, *(sub.types[name].place for name in known)),
                )
        if objects and len(objects) == len(graph.of_type(type_name)):
            yield CompositionError(
                "INTERFACE_OBJECT_USAGE_ERROR",
                f"{type_name} is an interface object in every subgraph, and an interface in none",
                tuple(type_.place for _, type_ in objects),
            )
