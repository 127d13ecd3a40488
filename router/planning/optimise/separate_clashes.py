"""Different types under one response key get different names on the wire.

Clients may ask `{ media { ... on Book { title } ... on Film { title } } }` though one subgraph has
`Book.title: String!` and `Film.title: String`: that subgraph would refuse the operation. So the second is
fetched as `_1_title: title`, and renamed in what comes back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from router.planning.fetch_graph import FetchNode
from router.planning.response_keys import KeyPath
from router.planning.selection_tree import SelectionTree, TreeField
from router.supergraph.model import named_type

Rename = tuple[KeyPath, str, str]
"""Path from the fetched objects, the name on the wire, the response key. Whoever has the name is of the right type."""

_Scope = Sequence[tuple[KeyPath, SelectionTree]]


def separate_clashes(node: FetchNode) -> tuple[Rename, ...]:
    """Sets the aliases in the node's tree and says what to rename; nothing in nearly all fetches."""
    return tuple(_separate([((), node.tree)]))


def _separate(scope: _Scope) -> Iterator[Rename]:
    groups: dict[str, list[tuple[KeyPath, TreeField]]] = {}
    for path, tree in scope:
        for owner, entry in _entries(path, tree):
            groups.setdefault(entry.response_key, []).append((owner, entry))
    for key, entries in groups.items():
        shapes: dict[str, list[tuple[KeyPath, TreeField]]] = {}
        for owner, entry in entries:
            shapes.setdefault(_shape(entry), []).append((owner, entry))
        for number, same in enumerate(shapes.values()):
            if number:
                alias = _free(key, number, groups)
                for _, entry in same:
                    entry.alias = alias
                yield from ((owner, alias, key) for owner in dict.fromkeys(owner for owner, _ in same))
            below = [((*owner, key), entry.tree) for owner, entry in same if entry.tree is not None]
            if below:
                yield from _separate(below)


def _entries(path: KeyPath, tree: SelectionTree) -> Iterator[tuple[KeyPath, TreeField]]:
    for entry in tree.fields.values():
        yield path, entry
    for part in tree.typed.values():
        yield from _entries(path, part)


def _shape(entry: TreeField) -> str:
    """Two fields may share a response key when lists and nulls agree, and the leaf type where it is one."""
    return entry.type.replace(named_type(entry.type), "{}") if entry.tree is not None else entry.type


def _free(key: str, number: int, groups: dict[str, list[tuple[KeyPath, TreeField]]]) -> str:
    alias = f"_{number}_{key}"
    while alias in groups:
        alias = f"_{alias}"
    return alias
