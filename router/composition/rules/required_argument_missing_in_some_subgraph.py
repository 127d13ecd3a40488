"""REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH: an argument one subgraph cannot do without, another does not have."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.wording import listed


def required_argument_missing_in_some_subgraph(graph: Graph) -> Iterator[CompositionError]:
    """Arguments that are not everywhere are not offered to clients, so none of them may be required."""
    for type_name, field_name, _ in graph.fields():
        defined = graph.defined(type_name, field_name)
        for name, having in graph.arguments(defined).items():
            without = [sub.name for sub, field in defined if name not in field.arguments]
            for sub, argument in having:
                if without and argument.is_required:
                    yield CompositionError(
                        "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH",
                        f"{type_name}.{field_name}({name}:) is required in {sub.name}, but missing in "
                        f"{listed(without)}",
                        (argument.place,),
                    )
