"""INCONSISTENT_OBJECT_VALUE_TYPE_FIELD: a type without keys differs between subgraphs."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import Hint
from router.composition.merged import ROOTS, Graph
from router.composition.wording import listed
from router.supergraph.model import TypeKind


def inconsistent_object_value_type_field(graph: Graph) -> Iterator[Hint]:
    """A field that some lack cannot be asked of them: a query for it may be refused, or need another subgraph."""
    for type_name, parts in graph.types_of(TypeKind.OBJECT):
        if type_name in ROOTS or any(type_.keys for _, type_ in parts):
            continue
        for field_name in graph.field_names(type_name):
            without = [(sub.name, type_.place) for sub, type_ in parts if field_name not in type_.fields]
            if without and field_name not in graph.inherited(type_name):
                yield Hint(
                    "INCONSISTENT_OBJECT_VALUE_TYPE_FIELD",
                    f"{type_name}.{field_name} is not there in {listed([name for name, _ in without])}",
                    tuple(place for _, place in without),
                )
