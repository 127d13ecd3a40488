"""KEY_INVALID_FIELDS: a key selects what the type does not have."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.selections import problems_of


def key_invalid_fields(graph: Graph) -> Iterator[CompositionError]:
    """The fields of a key are fields of the type in the same subgraph."""
    for sub in graph.subgraphs:
        for type_ in sub.types.values():
            for key in type_.keys:
                for problem in problems_of(sub, type_.name, key.text):
                    yield CompositionError("KEY_INVALID_FIELDS", f"@key on {type_.name}: {problem}", (key.place,))
