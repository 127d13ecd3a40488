"""REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH: the same for the fields of input objects."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph


def required_input_field_missing_in_some_subgraph(graph: Graph) -> Iterator[CompositionError]:
    """Input fields that are not everywhere are not offered to clients, so none of them may be required."""
    for type_name in graph.type_names:
        parts = graph.of_type(type_name)
        for _, type_ in parts:
            for field in type_.inputs.values():
                if field.is_required and not all(field.name in other.inputs for _, other in parts):
                    yield CompositionError(
                        "REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH",
                        f"{type_name}.{field.name} is required, but not in every subgraph",
                        (field.place,),
                    )
