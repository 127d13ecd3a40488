"""LIST_SIZE_INVALID_ASSUMED_SIZE: a list is said to have less than nothing in it."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.declarations import fields
from router.composition.errors import CompositionError
from router.composition.merged import Graph


def list_size_invalid_assumed_size(graph: Graph) -> Iterator[CompositionError]:
    """A negative size would make a request the cheaper the more it asks for."""
    for _, type_, field in fields(graph):
        for applied in field.applied("listSize"):
            size = applied.value("assumedSize")
            if isinstance(size, int) and size < 0:
                message = f"@listSize on {type_.name}.{field.name}: no list has {size} items"
                yield CompositionError("LIST_SIZE_INVALID_ASSUMED_SIZE", message, (applied.place,))
