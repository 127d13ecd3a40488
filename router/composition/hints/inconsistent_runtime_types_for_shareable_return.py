"""INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN: a shared field can be more in one subgraph than in another."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import Hint
from router.composition.merged import Graph
from router.composition.runtime_types import shared_runtime_types
from router.composition.wording import by_subgraph, listed


def inconsistent_runtime_types_for_shareable_return(graph: Graph) -> Iterator[Hint]:
    """Who resolves a shared field must not matter: return only what all of them know."""
    for coordinate, resolvers, possible in shared_runtime_types(graph):
        if len(set(possible.values())) > 1 and frozenset.intersection(*possible.values()):
            said = [(listed(sorted(found)), name) for name, found in possible.items()]
            yield Hint(
                "INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN",
                f"{coordinate} is shared, but can be {by_subgraph(said)}",
                tuple(field.place for _, field in resolvers),
            )
