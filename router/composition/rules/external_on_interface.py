"""EXTERNAL_ON_INTERFACE: an external field of an interface."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.declarations import fields
from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.supergraph.model import TypeKind


def external_on_interface(graph: Graph) -> Iterator[CompositionError]:
    """An interface resolves nothing, so its fields cannot be left to others. (Federation 1 ignored it.)"""
    for sub, type_, field in fields(graph):
        if type_.kind is TypeKind.INTERFACE and not sub.is_federation_1:
            for applied in field.applied("external"):
                message = f"{type_.name}.{field.name} is a field of an interface, so it cannot be @external"
                yield CompositionError("EXTERNAL_ON_INTERFACE", message, (applied.place,))
