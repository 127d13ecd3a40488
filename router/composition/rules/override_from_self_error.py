"""OVERRIDE_FROM_SELF_ERROR: a subgraph takes a field over from itself."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph


def override_from_self_error(graph: Graph) -> Iterator[CompositionError]:
    """@override names another subgraph."""
    for type_name, field_name, mentions in graph.fields():
        for sub, field in mentions:
            if field.override == sub.name:
                yield CompositionError(
                    "OVERRIDE_FROM_SELF_ERROR",
                    f"{type_name}.{field_name} is overridden from the subgraph it is in",
                    (field.place,),
                )
