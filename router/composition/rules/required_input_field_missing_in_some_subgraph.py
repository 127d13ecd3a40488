"""REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH: a field one subgraph cannot do without, another does not have."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.wording import listed
from router.supergraph.model import TypeKind


def required_input_field_missing_in_some_subgraph(graph: Graph) -> Iterator[CompositionError]:
    """Input fields that are not everywhere are not offered to clients, so none of them may be required."""
    for type_name, parts in graph.types_of(TypeKind.INPUT_OBJECT):
        for name, having in graph.inputs(type_name).items():
            without = [sub.name for sub, type_ in parts if name not in type_.inputs]
            for sub, field in having:
                if without and field.is_required:
                    yield CompositionError(
                        "REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH",
                        f"{type_name}.{name} is required in {sub.name}, but missing in {listed(without)}",
                        (field.place,),
                    )
