"""EXTERNAL_TYPE_MISMATCH: a subgraph takes a field of others for something that it is not."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.external_fields import external_fields
from router.composition.merged import Graph


def external_type_mismatch(graph: Graph) -> Iterator[CompositionError]:
    """An external field has the type of the supergraph, or one that is narrower."""
    for type_name, sub, field, defined in external_fields(graph):
        merged = graph.merged_type(defined)
        if merged is not None and graph.merged_type([*defined, (sub, field)]) != merged:
            yield CompositionError(
                "EXTERNAL_TYPE_MISMATCH",
                f"{type_name}.{field.name} is {merged}, but external as {field.type} in {sub.name}",
                (field.place, *(found.place for _, found in defined)),
            )
