"""ROOT_SUBSCRIPTION_USED: a type is called Subscription but is not where subscriptions start."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.root_types import misleading_root_types


def root_subscription_used(graph: Graph) -> Iterator[CompositionError]:
    """In the supergraph the root is called Subscription whatever the subgraph calls it, so no other type may be."""
    return misleading_root_types(graph, "subscription")
