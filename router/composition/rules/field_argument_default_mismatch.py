"""FIELD_ARGUMENT_DEFAULT_MISMATCH: subgraphs disagree on what an argument is when a client leaves it out."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.argument_mentions import argument_mentions
from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.wording import by_subgraph


def field_argument_default_mismatch(graph: Graph) -> Iterator[CompositionError]:
    """Some may have no default, but there must not be two."""
    for name, parts in argument_mentions(graph):
        defaults = [(part.default, sub.name) for sub, part in parts if part.default is not None]
        if len({default for default, _ in defaults}) > 1:
            yield CompositionError(
                "FIELD_ARGUMENT_DEFAULT_MISMATCH",
                f"{name} has the default {by_subgraph(defaults)}",
                tuple(part.place for _, part in parts),
            )
