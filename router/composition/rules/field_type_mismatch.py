"""FIELD_TYPE_MISMATCH: subgraphs disagree on what a field returns, or on what an input field takes."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.places import Place


def field_type_mismatch(graph: Graph) -> Iterator[CompositionError]:
    """Output types may differ in nullability and by subtype; input types in nullability only."""
    for type_name, field_name, mentions in graph.fields():
        if graph.merged_type(mentions) is None:
            types = sorted({field.type for _, field in mentions})
            yield _mismatch(f"{type_name}.{field_name}", types, tuple(field.place for _, field in mentions))
    for type_name in graph.type_names:
        parts = graph.of_type(type_name)
        for name in dict.fromkeys(name for _, type_ in parts for name in type_.inputs):
            inputs = [(sub, type_.inputs[name]) for sub, type_ in parts if name in type_.inputs]
            if graph.merged_input(inputs) is None:
                types = sorted({item.type for _, item in inputs})
                yield _mismatch(f"{type_name}.{name}", types, tuple(item.place for _, item in inputs))


def _mismatch(coordinates: str, types: list[str], places: tuple[Place, ...]) -> CompositionError:
    return CompositionError("FIELD_TYPE_MISMATCH", f"{coordinates} is {' and '.join(types)}", places)
