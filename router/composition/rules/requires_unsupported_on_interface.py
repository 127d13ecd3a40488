"""REQUIRES_UNSUPPORTED_ON_INTERFACE: a field of an interface that requires something."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.field_set_uses import field_set_uses
from router.composition.merged import Graph
from router.supergraph.model import TypeKind


def requires_unsupported_on_interface(graph: Graph) -> Iterator[CompositionError]:
    """An interface resolves nothing: each object that implements it says what its own field requires."""
    for use in field_set_uses(graph, "requires"):
        if use.owner.kind is TypeKind.INTERFACE:
            yield use.error("UNSUPPORTED_ON_INTERFACE", "an interface resolves no fields, so they can require none")
