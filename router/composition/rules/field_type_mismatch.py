"""FIELD_TYPE_MISMATCH: subgraphs disagree on what a field returns, or on what an input field takes."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.wording import by_subgraph
from router.supergraph.model import TypeKind


def field_type_mismatch(graph: Graph) -> Iterator[CompositionError]:
    """Output types may differ in nullability and by subtype; input types in nullability only."""
    for type_name, field_name, _ in graph.fields():
        defined = graph.defined(type_name, field_name)
        if graph.merged_type(defined) is None:
            yield CompositionError(
                "FIELD_TYPE_MISMATCH",
                f"{type_name}.{field_name} is {by_subgraph((field.type, sub.name) for sub, field in defined)}",
                tuple(field.place for _, field in defined),
            )
    for type_name, _ in graph.types_of(TypeKind.INPUT_OBJECT):
        for name, parts in graph.inputs(type_name).items():
            if graph.merged_input(parts) is None:
                yield CompositionError(
                    "FIELD_TYPE_MISMATCH",
                    f"{type_name}.{name} is {by_subgraph((item.type, sub.name) for sub, item in parts)}",
                    tuple(item.place for _, item in parts),
                )
