"""ARGUMENT_TYPE_MISMATCH: subgraphs disagree on what an argument of a directive takes."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.composed_directives import shared_definitions
from router.composition.errors import CompositionError
from router.composition.merge_types import merge_input_types
from router.composition.merged import Graph
from router.composition.wording import by_subgraph


def argument_type_mismatch(graph: Graph) -> Iterator[CompositionError]:
    """The types may differ in nullability only."""
    for name, definitions in shared_definitions(graph):
        for argument in dict.fromkeys(argument for _, found in definitions for argument in found.arguments):
            parts = [(sub, found.arguments[argument]) for sub, found in definitions if argument in found.arguments]
            if merge_input_types([part.type for _, part in parts], graph.satisfies) is None:
                yield CompositionError(
                    "ARGUMENT_TYPE_MISMATCH",
                    f"@{name}({argument}:) is {by_subgraph((part.type, sub.name) for sub, part in parts)}",
                    tuple(part.place for _, part in parts),
                )
