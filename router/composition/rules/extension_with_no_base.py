"""EXTENSION_WITH_NO_BASE: everyone extends a type that nobody defines."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import ROOTS, Graph


def extension_with_no_base(graph: Graph) -> Iterator[CompositionError]:
    """In a graph of Federation 1 subgraphs, some subgraph must define what others extend."""
    for type_name in graph.type_names:
        parts = graph.of_type(type_name)
        if type_name in ROOTS or not all(sub.is_federation_1 for sub, _ in parts):
            continue
        if all(type_.extension for _, type_ in parts):
            yield CompositionError(
                "EXTENSION_WITH_NO_BASE",
                f"{type_name} is extended, but defined nowhere",
                tuple(type_.place for _, type_ in parts),
            )
