"""REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH: an argument one subgraph cannot do without, another does not have."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph


def required_argument_missing_in_some_subgraph(graph: Graph) -> Iterator[CompositionError]:
    """Arguments that are not everywhere are not offered to clients, so none of them may be required."""
    for type_name in graph.type_names:
        for field_name in graph.field_names(type_name):
            resolvers = graph.resolvers(type_name, field_name)
            offered = graph.merged_arguments(resolvers)
            for _, field in resolvers:
                for argument in field.arguments.values():
                    if argument.is_required and argument.name not in offered:
                        yield CompositionError(
                            "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH",
                            f"{type_name}.{field_name}({argument.name}:) is required, but not in every subgraph",
                            (argument.place,),
                        )
