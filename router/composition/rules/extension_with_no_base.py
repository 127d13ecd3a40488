"""EXTENSION_WITH_NO_BASE: a type is extended that nobody defines."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import ROOTS, Graph


def extension_with_no_base(graph: Graph) -> Iterator[CompositionError]:
    """What a Federation 1 subgraph extends, another one defines. Federation 2 makes no such difference."""
    for type_name in graph.type_names:
        parts = graph.of_type(type_name)
        if type_name in ROOTS or not all(type_.extension for _, type_ in parts):
            continue
        if not any(sub.is_federation_1 for sub, _ in parts):
            continue
        # Several that all say @extends in the old way were taken to define the type together.
        if len(parts) > 1 and all(type_.has("extends") for _, type_ in parts):
            continue
        yield CompositionError(
            "EXTENSION_WITH_NO_BASE",
            f"{type_name} is extended, but defined nowhere",
            tuple(type_.place for _, type_ in parts),
        )
