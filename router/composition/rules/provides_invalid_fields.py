"""PROVIDES_INVALID_FIELDS: a field provides what the type it returns does not have."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.selections import problems_of
from router.supergraph.model import named_type


def provides_invalid_fields(graph: Graph) -> Iterator[CompositionError]:
    """What a field provides are fields of the type it returns, in the same subgraph."""
    for sub in graph.subgraphs:
        for type_ in sub.types.values():
            for field in type_.fields.values():
                if field.provides is None:
                    continue
                for problem in problems_of(sub, named_type(field.type), field.provides):
                    where = f"@provides on {type_.name}.{field.name}"
                    yield CompositionError("PROVIDES_INVALID_FIELDS", f"{where}: {problem}", (field.place,))
