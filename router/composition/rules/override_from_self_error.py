"""OVERRIDE_FROM_SELF_ERROR: a subgraph takes a field over from itself."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.declarations import fields
from router.composition.errors import CompositionError
from router.composition.merged import Graph


def override_from_self_error(graph: Graph) -> Iterator[CompositionError]:
    """An override names another subgraph: a field cannot be moved to where it is."""
    for sub, type_, field in fields(graph):
        for applied in field.applied("override"):
            if applied.text("from") == sub.name:
                message = f"{type_.name}.{field.name} is overridden from {sub.name}, the subgraph it is in"
                yield CompositionError("OVERRIDE_FROM_SELF_ERROR", message, (applied.place,))
