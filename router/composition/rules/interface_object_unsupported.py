"""INTERFACE_OBJECT_UNSUPPORTED: an object in one subgraph that is an interface in another."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph


def interface_object_unsupported(graph: Graph) -> Iterator[CompositionError]:
    """@interfaceObject is refused rather than planned wrongly."""
    for type_name in graph.type_names:
        for sub, type_ in graph.of_type(type_name):
            if type_.interface_object:
                yield CompositionError(
                    "INTERFACE_OBJECT_UNSUPPORTED", f"{type_name} is an @interfaceObject", (sub.name,)
                )
