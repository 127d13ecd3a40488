"""CONTEXT_NO_RESOLVABLE_KEY: the router cannot come back with what it took from a context."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.context_uses import context_uses
from router.composition.errors import CompositionError
from router.composition.merged import Graph


def context_no_resolvable_key(graph: Graph) -> Iterator[CompositionError]:
    """The value may be found in another subgraph, so the object has to be found again by a key to be given it."""
    for use in context_uses(graph):
        if not any(key.resolvable for key in use.owner.keys):
            yield use.error("CONTEXT_NO_RESOLVABLE_KEY", f"{use.owner.name} has no key that this subgraph resolves")
