"""EXTERNAL_ARGUMENT_TYPE_MISMATCH: a subgraph takes an argument of others' field for something that it is not."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.external_fields import external_fields
from router.composition.merged import Graph


def external_argument_type_mismatch(graph: Graph) -> Iterator[CompositionError]:
    """What is written for the argument as the external field has it, those who define the field must accept."""
    for type_name, sub, field, defined in external_fields(graph):
        for argument, parts in graph.merged_arguments(defined).items():
            merged, own = graph.merged_input(parts), field.arguments.get(argument)
            # No stricter than the external field's own type: that is what values are checked against here.
            if own is not None and merged is not None and graph.merged_input([(sub, own), *parts]) != own.type:
                yield CompositionError(
                    "EXTERNAL_ARGUMENT_TYPE_MISMATCH",
                    f"{type_name}.{field.name}({argument}:) is {merged}, but external as {own.type} in {sub.name}",
                    (own.place, *(part.place for _, part in parts)),
                )
