"""What can surely be reached in a graph, found in the plainest way: composition must not say that it cannot.

A field of an object can be reached from a subgraph that has the object if a subgraph with a resolvable key of the
object's type has it, and all that the key and its requirements select can be reached before. Provided fields are left
out, and nothing is assumed: what is found here is reachable, what is not may be.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from graphql import FieldNode, GraphQLObjectType, InlineFragmentNode, SelectionSetNode, get_named_type

from .subgraph import OracleSubgraph
from .world import field_set


class Reach:
    """The objects of a graph, and the fields within reach of each."""

    def __init__(self, subgraphs: Mapping[str, OracleSubgraph]) -> None:
        self.subgraphs = subgraphs

    @cached_property
    def moved(self) -> set[tuple[str, str]]:
        """The subgraph and the coordinates of each field that it has lost."""
        moves = [move for subgraph in self.subgraphs.values() for move in subgraph.overrides()]
        return {(move.left([]), move.coordinates) for move in moves} | {
            (m.target, m.coordinates) for m in moves if m.label
        }

    def has(self, start: str, type_name: str, field_name: str) -> bool:
        """Whether an object that this subgraph has leads to the field."""
        return field_name in self._fields(start, type_name, 4)

    def _fields(self, start: str, type_name: str, depth: int) -> dict[str, list[str]]:
        """Who gives which fields, where hops lead no deeper than this into other objects."""
        entered = {start} if type_name in self.subgraphs[start].schema.type_map else set()
        found: dict[str, list[str]] = {}
        changed = bool(entered)
        while changed:
            changed = False
            for name, subgraph in self.subgraphs.items():
                keys = subgraph.keys(type_name)
                can_enter = any(self._selected(found, type_name, field_set(key), depth) for key in keys)
                if name not in entered and can_enter:
                    entered.add(name)
                    changed = True
                type_ = subgraph.schema.type_map.get(type_name)
                if name not in entered or not isinstance(type_, GraphQLObjectType):
                    continue
                for item in type_.fields:
                    if name in found.get(item, []) or subgraph.is_external(type_name, item):
                        continue
                    needed = subgraph.required(type_name, item)
                    lost = (name, f"{type_name}.{item}") in self.moved
                    if lost or (
                        needed and not (can_enter and self._selected(found, type_name, field_set(needed), depth))
                    ):
                        continue
                    found.setdefault(item, []).append(name)
                    changed = True
        return found

    def _selected(self, found: dict[str, list[str]], type_name: str, selections: SelectionSetNode, depth: int) -> bool:
        return all(self._can_select(found, type_name, node, depth) for node in selections.selections)

    def _can_select(self, found: dict[str, list[str]], type_name: str, node: object, depth: int) -> bool:
        if isinstance(node, InlineFragmentNode) or not isinstance(node, FieldNode):
            return False
        givers = found.get(node.name.value, [])
        if node.selection_set is None or not givers or depth == 0:
            return bool(givers) and node.selection_set is None
        for giver in givers:
            owner = self.subgraphs[giver].schema.type_map[type_name]
            assert isinstance(owner, GraphQLObjectType)
            returned = get_named_type(owner.fields[node.name.value].type)
            # A root type may have another name here.
            named = "Query" if returned is self.subgraphs[giver].schema.query_type else returned.name
            if self._selected(self._fields(giver, named, depth - 1), named, node.selection_set, depth - 1):
                return True
        return False
