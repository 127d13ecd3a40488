"""INCONSISTENT_UNION_MEMBER: not every subgraph knows a member of a union."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import Hint
from router.composition.merged import Graph
from router.composition.wording import listed
from router.supergraph.model import TypeKind


def inconsistent_union_member(graph: Graph) -> Iterator[Hint]:
    """The supergraph has it; those subgraphs never return it."""
    for type_name, parts in graph.types_of(TypeKind.UNION):
        for member in sorted({member for _, type_ in parts for member in type_.members}):
            without = [(sub.name, type_.place) for sub, type_ in parts if member not in type_.members]
            if without:
                yield Hint(
                    "INCONSISTENT_UNION_MEMBER",
                    f"{type_name} has the member {member}, but not in {listed([name for name, _ in without])}",
                    tuple(place for _, place in without),
                )
