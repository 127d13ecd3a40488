"""INCONSISTENT_ENTITY: a type can be found by key in some subgraphs only."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import Hint
from router.composition.merged import Graph
from router.composition.wording import listed
from router.supergraph.model import TypeKind


def inconsistent_entity(graph: Graph) -> Iterator[Hint]:
    """Perhaps a @key was forgotten."""
    for type_name, parts in graph.types_of(TypeKind.OBJECT):
        having = [sub.name for sub, type_ in parts if type_.keys]
        without = [(sub.name, type_.place) for sub, type_ in parts if not type_.keys]
        if having and without:
            yield Hint(
                "INCONSISTENT_ENTITY",
                f"{type_name} has a key in {listed(having)}, but not in {listed([name for name, _ in without])}",
                tuple(place for _, place in without),
            )
