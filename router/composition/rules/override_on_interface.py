"""OVERRIDE_ON_INTERFACE: a subgraph takes over a field of an interface."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.declarations import fields
from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.supergraph.model import TypeKind


def override_on_interface(graph: Graph) -> Iterator[CompositionError]:
    """An interface resolves nothing that could be taken over; the objects that implement it do."""
    for _, type_, field in fields(graph):
        if type_.kind is TypeKind.INTERFACE:
            for applied in field.applied("override"):
                message = f"{type_.name}.{field.name} is a field of an interface, so it cannot be taken over"
                yield CompositionError("OVERRIDE_ON_INTERFACE", message, (applied.place,))
