"""Drops dependencies that others imply.

Before: `3 after 1, 2` where `2 after 1`. After: `3 after 2`.
"""

from __future__ import annotations

from collections.abc import Mapping

from router.planning.fetch_graph import FetchNode


def transitive_reduction(nodes: Mapping[int, FetchNode]) -> None:
    """Ids are in topological order: a fetch is created after all it depends on."""
    reach: dict[int, set[int]] = {}
    for node in sorted(nodes.values(), key=lambda node: node.id):
        reach[node.id] = set(node.depends_on).union(*(reach[source] for source in node.depends_on))
    for node in nodes.values():
        implied = set[int]().union(*(reach[source] for source in node.depends_on))
        node.depends_on -= implied
