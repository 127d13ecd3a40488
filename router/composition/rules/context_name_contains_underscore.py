"""CONTEXT_NAME_CONTAINS_UNDERSCORE: a context with `_` in its name."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph


def context_name_contains_underscore(graph: Graph) -> Iterator[CompositionError]:
    """In the supergraph `__` divides the name of a context from that of its subgraph, so it has none of its own."""
    for sub in graph.subgraphs:
        for type_ in sub.types.values():
            for applied in type_.applied("context"):
                name = applied.text("name")
                if name is not None and "_" in name:
                    message = f"{name!r}, a context of {type_.name}, has an underscore"
                    yield CompositionError("CONTEXT_NAME_CONTAINS_UNDERSCORE", message, (applied.place,))
