"""EXTERNAL_ARGUMENT_MISSING: a subgraph mentions a field of others without one of its arguments."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.external_fields import external_fields
from router.composition.merged import Graph


def external_argument_missing(graph: Graph) -> Iterator[CompositionError]:
    """An external field has the arguments that clients see."""
    for type_name, sub, field, defined in external_fields(graph):
        for argument, parts in graph.merged_arguments(defined).items():
            if argument not in field.arguments:
                yield CompositionError(
                    "EXTERNAL_ARGUMENT_MISSING",
                    f"{type_name}.{field.name}({argument}:) is not there where it is external, in {sub.name}",
                    (field.place, *(part.place for _, part in parts)),
                )
