"""Entity fetches from one subgraph that may start at the same moment become one request.

Before: `2: reviews at users after 1`, `3: reviews at products after 1`
After:  `2: reviews at users, products after 1`, one `_entities` each under its own alias
"""

from __future__ import annotations

from collections.abc import Mapping

from router.planning.fetch_graph import FetchNode


def batch_lookups(nodes: Mapping[int, FetchNode]) -> list[list[FetchNode]]:
    """The requests, each a list of nodes; dependencies are rewritten to the first node of each.

    Ids are in topological order, so what a node depends on has been put into its request already. Nodes with equal
    dependencies cannot depend on one another: no cycle comes of it.
    """
    requests: dict[tuple[object, ...], list[FetchNode]] = {}
    leader: dict[int, int] = {}
    for node in sorted(nodes.values(), key=lambda node: node.id):
        node.depends_on = {leader[source] for source in node.depends_on}
        identity: tuple[object, ...] = (node.id,)
        # What is given arguments from a context is asked once for each of their values.
        if node.inputs and not node.contexts:
            identity = (node.subgraph, frozenset(node.depends_on), node.part)
        request = requests.setdefault(identity, [])
        request.append(node)
        leader[node.id] = request[0].id
    return list(requests.values())
