"""A fetch that nothing waits for joins a later one of the same subgraph about the same objects.

Before: `2: stock at products after 1 { inStock }`, `3: prices at products after 1 { price }`,
        `4: stock at products after 3 { shipping }`
After:  `3: prices at products after 1 { price }`, `4: stock at products after 3 { inStock shipping }`

The response is complete no later, since it had to wait for the later fetch all the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from router.planning.fetch_graph import FetchGraph, FetchNode


def join_later(graph: FetchGraph) -> None:
    """Ids are in topological order; what joins is taken out of the graph."""
    nodes = graph.nodes
    awaited = set[int]().union(*(node.depends_on for node in nodes.values()))
    reach = _reach(nodes)
    for early in list(nodes.values()):
        if not early.inputs or early.contexts or early.id in awaited:
            continue
        for late in nodes.values():
            if _is_same_place(early, late) and early.depends_on <= reach[late.id] and _agree(graph, early, late):
                _join(early, late)
                del nodes[early.id]
                break


def _reach(nodes: Mapping[int, FetchNode]) -> dict[int, set[int]]:
    """All that each fetch waits for, directly or not."""
    reach: dict[int, set[int]] = {}
    for node in sorted(nodes.values(), key=lambda node: node.id):
        reach[node.id] = node.depends_on.union(*(reach[source] for source in node.depends_on))
    return reach


def _is_same_place(early: FetchNode, late: FetchNode) -> bool:
    return (
        late is not early
        and bool(late.inputs)
        and (early.subgraph, early.path, early.conditions) == (late.subgraph, late.path, late.conditions)
        and early.part is late.part
    )


def _agree(graph: FetchGraph, early: FetchNode, late: FetchNode) -> bool:
    """Whether one representation of each object can serve both."""
    return all(graph.may_take(late, entry, asked) for entry, asked in early.inputs.items())


def _join(early: FetchNode, late: FetchNode) -> None:
    for entry, asked in early.inputs.items():
        late.take(entry, asked)
    late.tree.absorb(early.tree)
