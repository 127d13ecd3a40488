"""ARGUMENT_DEFAULT_MISMATCH: subgraphs disagree on what an argument of a directive is when it is left out."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.composed_directives import shared_definitions
from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.wording import by_subgraph


def argument_default_mismatch(graph: Graph) -> Iterator[CompositionError]:
    """Some may have no default, but there must not be two."""
    for name, definitions in shared_definitions(graph):
        for argument in dict.fromkeys(argument for _, found in definitions for argument in found.arguments):
            parts = [(sub, found.arguments[argument]) for sub, found in definitions if argument in found.arguments]
            defaults = [(part.default, sub.name) for sub, part in parts if part.default is not None]
            if len({default for default, _ in defaults}) > 1:
                yield CompositionError(
                    "ARGUMENT_DEFAULT_MISMATCH",
                    f"@{name}({argument}:) has the default {by_subgraph(defaults)}",
                    tuple(part.place for _, part in parts),
                )
