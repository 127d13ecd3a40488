"""Response keys for what the router itself fetches, never in the way of the client's.

A client may ask `{ order { id: number } }` where the router needs the key `id`: the router then fetches
`_1_id: id`. Conflicts are judged by response path, because several fetches write into one object.
"""

from __future__ import annotations

from collections import defaultdict

from router.planning.operation import FieldSelection, SelectionSet

KeyPath = tuple[str, ...]
_Signature = tuple[str, str]


class ResponseKeys:
    """The keys in use on each response path."""

    def __init__(self, selections: SelectionSet) -> None:
        self._taken: dict[KeyPath, dict[str, set[_Signature]]] = defaultdict(lambda: defaultdict(set))
        self._given: dict[tuple[KeyPath, _Signature], str] = {}
        self._register((), selections)

    def _register(self, path: KeyPath, selections: SelectionSet) -> None:
        for item in selections:
            if isinstance(item, FieldSelection):
                # A subgraph may do anything to a field with directives: not what the router needs of it.
                self._taken[path][item.response_key].add((item.name, item.arguments + item.directives))
                if item.selections:
                    self._register((*path, item.response_key), item.selections)
            else:
                self._register(path, item.selections)

    def internal(self, path: KeyPath, name: str, arguments: str = "") -> str:
        """The key under which the router finds its own field at the path; always the same one."""
        signature = (name, arguments)
        known = self._given.get((path, signature))
        if known is not None:
            return known
        taken = self._taken[path]
        key, number = name, 0
        while taken[key] - {signature}:
            number += 1
            key = f"_{number}_{name}"
        taken[key].add(signature)
        self._given[path, signature] = key
        return key

    def of(self, path: KeyPath, field: FieldSelection) -> str:
        """The response key of any field at the path."""
        return self.internal(path, field.name, field.arguments) if field.internal else field.response_key
