"""INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE: subgraphs promise more or less of the same field."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import Hint
from router.composition.merged import Graph
from router.composition.wording import by_subgraph
from router.supergraph.model import TypeKind


def inconsistent_but_compatible_field_type(graph: Graph) -> Iterator[Hint]:
    """Clients see the most general of the types, or the strictest of an input field's."""
    for type_name, field_name, _ in graph.fields():
        defined = graph.defined(type_name, field_name)
        merged = graph.merged_type(defined)
        if merged and len({field.type for _, field in defined}) > 1:
            yield Hint(
                "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE",
                f"{type_name}.{field_name} becomes {merged}: it is "
                f"{by_subgraph((field.type, sub.name) for sub, field in defined)}",
                tuple(field.place for _, field in defined),
            )
    for type_name, _ in graph.types_of(TypeKind.INPUT_OBJECT):
        for name, parts in graph.merged_inputs(type_name).items():
            merged = graph.merged_input(parts)
            if merged and len({item.type for _, item in parts}) > 1:
                yield Hint(
                    "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE",
                    f"{type_name}.{name} becomes {merged}: it is "
                    f"{by_subgraph((item.type, sub.name) for sub, item in parts)}",
                    tuple(item.place for _, item in parts),
                )
