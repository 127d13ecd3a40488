"""A fetch whose every field has the same condition is not sent at all where the condition fails.

Before: `billing at order { payment @include(if: $x) { status } }`
After:  the same, `if $x`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from router.planning.fetch_graph import FetchNode
from router.planning.selection_tree import SelectionTree, TreeField


def hoist_conditions(nodes: Mapping[int, FetchNode]) -> None:
    """Copies shared conditions to entity fetches; the selections keep theirs."""
    for node in nodes.values():
        if not node.inputs:
            continue
        shared = set.intersection(*(set(entry.conditions) for entry in _top(node.tree)))
        node.conditions = tuple(sorted({*node.conditions, *shared}))


def _top(tree: SelectionTree) -> Iterator[TreeField]:
    yield from tree.fields.values()
    for part in tree.typed.values():
        yield from _top(part)
