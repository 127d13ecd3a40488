"""FIELD_ARGUMENT_TYPE_MISMATCH: subgraphs disagree on what an argument takes."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.argument_mentions import argument_mentions
from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.wording import by_subgraph


def field_argument_type_mismatch(graph: Graph) -> Iterator[CompositionError]:
    """The types of an argument may differ in nullability only."""
    for name, parts in argument_mentions(graph):
        if graph.merged_input(parts) is None:
            types = by_subgraph((part.type, sub.name) for sub, part in parts)
            yield CompositionError(
                "FIELD_ARGUMENT_TYPE_MISMATCH", f"{name} is {types}", tuple(part.place for _, part in parts)
            )
