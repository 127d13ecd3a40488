"""EXTERNAL_MISSING_ON_BASE: everyone says that someone else has the field."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph


def external_missing_on_base(graph: Graph) -> Iterator[CompositionError]:
    """A field that is external somewhere is not so everywhere, or comes from an interface object."""
    for type_name, field_name, mentions in graph.fields():
        if all(field.external for _, field in mentions):
            through = graph.of_field_by_interface(type_name, field_name)
            if all(field.external for _, field in through):
                yield CompositionError(
                    "EXTERNAL_MISSING_ON_BASE",
                    f"{type_name}.{field_name} is external wherever it is",
                    tuple(field.place for _, field in mentions),
                )
