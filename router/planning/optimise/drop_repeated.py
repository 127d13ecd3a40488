"""Drops from a typed part what is asked of every type anyway.

Before: `works { id ... on Film { id minutes } }`
After:  `works { id ... on Film { minutes } }`
"""

from __future__ import annotations

from collections.abc import Mapping

from router.planning.fetch_graph import FetchNode
from router.planning.selection_tree import SelectionTree, TreeField


def drop_repeated(nodes: Mapping[int, FetchNode]) -> None:
    """Leaves only: what is below an object is merged by the subgraph itself."""
    for node in nodes.values():
        _drop(node.tree)


def _drop(tree: SelectionTree) -> None:
    for part in tree.typed.values():
        for identity, entry in list(part.fields.items()):
            known = tree.fields.get(identity)
            if known is not None and entry.tree is None and _is_same(known, entry):
                del part.fields[identity]
        _drop(part)
    for entry in tree.fields.values():
        if entry.tree is not None:
            _drop(entry.tree)


def _is_same(known: TreeField, entry: TreeField) -> bool:
    """Not where the client asks for one type what we need of all: that it did is seen by the typed field."""
    return (known.name, known.arguments) == (entry.name, entry.arguments) and (entry.internal or not known.internal)
