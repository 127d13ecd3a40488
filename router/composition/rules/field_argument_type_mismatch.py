"""FIELD_ARGUMENT_TYPE_MISMATCH: subgraphs disagree on what an argument takes."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph


def field_argument_type_mismatch(graph: Graph) -> Iterator[CompositionError]:
    """The types of an argument may differ in nullability only."""
    for type_name, field_name, mentions in graph.fields():
        for argument, parts in graph.merged_arguments(mentions).items():
            if graph.merged_input(parts) is None:
                types = sorted({part.type for _, part in parts})
                yield CompositionError(
                    "FIELD_ARGUMENT_TYPE_MISMATCH",
                    f"{type_name}.{field_name}({argument}:) is {' and '.join(types)}",
                    tuple(part.place for _, part in parts),
                )
