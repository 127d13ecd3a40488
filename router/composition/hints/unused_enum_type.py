"""UNUSED_ENUM_TYPE: an enum that nothing takes or returns."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import Hint
from router.composition.merged import Graph
from router.supergraph.model import TypeKind


def unused_enum_type(graph: Graph) -> Iterator[Hint]:
    """It is merged as one that clients read."""
    for type_name, parts in graph.types_of(TypeKind.ENUM):
        if type_name not in graph.used_as_input and type_name not in graph.used_as_output:
            yield Hint(
                "UNUSED_ENUM_TYPE", f"{type_name} is defined, but not used", tuple(type_.place for _, type_ in parts)
            )
