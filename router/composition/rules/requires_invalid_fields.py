"""REQUIRES_INVALID_FIELDS: a field requires what the type does not have."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.selections import problems_of


def requires_invalid_fields(graph: Graph) -> Iterator[CompositionError]:
    """What a field requires are fields of its type in the same subgraph (where they are external)."""
    for sub in graph.subgraphs:
        for type_ in sub.types.values():
            for field in type_.fields.values():
                if field.requires is None:
                    continue
                for problem in problems_of(sub, type_.name, field.requires):
                    where = f"@requires on {type_.name}.{field.name}"
                    yield CompositionError("REQUIRES_INVALID_FIELDS", f"{where}: {problem}", (field.place,))
