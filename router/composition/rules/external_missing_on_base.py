"""EXTERNAL_MISSING_ON_BASE: everyone says that someone else has the field."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph


def external_missing_on_base(graph: Graph) -> Iterator[CompositionError]:
    """A field that is external somewhere must be resolved by another subgraph."""
    for type_name, field_name, mentions in graph.fields():
        external = [field.place for _, field in mentions if field.external]
        if external and not graph.resolvers(type_name, field_name):
            yield CompositionError(
                "EXTERNAL_MISSING_ON_BASE",
                f"{type_name}.{field_name} is external wherever it is",
                tuple(external),
            )
