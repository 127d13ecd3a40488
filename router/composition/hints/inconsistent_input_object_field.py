"""INCONSISTENT_INPUT_OBJECT_FIELD: not every subgraph knows a field of an input object."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import Hint
from router.composition.merged import Graph
from router.composition.wording import listed
from router.supergraph.model import TypeKind


def inconsistent_input_object_field(graph: Graph) -> Iterator[Hint]:
    """Then no client can give it: it is not in the supergraph."""
    for type_name, parts in graph.types_of(TypeKind.INPUT_OBJECT):
        for name, having in graph.inputs(type_name).items():
            without = [sub.name for sub, type_ in parts if name not in type_.inputs]
            if without:
                yield Hint(
                    "INCONSISTENT_INPUT_OBJECT_FIELD",
                    f"{type_name}.{name} is left out of the supergraph: it is missing in {listed(without)}",
                    tuple(item.place for _, item in having),
                )
