"""Asks of a union only the members that every subgraph which could answer at that place has.

A shareable field that returns a union may be resolved by subgraphs whose unions have different members. Which of
them answers is the planner's choice, and must not show: so a member that one of them lacks is not asked for.

Before: `viewer { media { ... on Book { title } ... on Song { title } } }`, `Song` unknown to one that has `media`
After:  `viewer { media { ... on Book { title } } }`
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from router.planning.budget import Budget
from router.planning.choices import Position
from router.planning.operation import FieldSelection, FragmentSelection, Operation, SelectionSet
from router.planning.walk import Walker
from router.supergraph.model import Supergraph, TypeKind

_TYPENAME = FieldSelection("__typename", "__typename", "String")
_ANYTHING = SelectionSet((_TYPENAME,))
_Positions = frozenset[Position]


def narrow_unions(supergraph: Supergraph, operation: Operation, budget: Budget) -> Operation:
    """The operation itself in the usual case that nothing is to be left out."""
    if not _meets(operation.selections, supergraph.uneven_unions):
        return operation
    start = frozenset({Position(operation.root_type, None)})
    selections = _Narrowing(supergraph, budget).narrowed(start, operation.selections)
    return operation if selections is operation.selections else replace(operation, selections=selections)


def _meets(selections: SelectionSet, types: frozenset[str]) -> bool:
    return bool(types) and any(
        item.selections is not None and (item.type_name in types or _meets(item.selections, types))
        for item in selections
    )


class _Narrowing:
    """Follows all ways through the graph at once: a set of positions is every place an object may come from."""

    def __init__(self, supergraph: Supergraph, budget: Budget) -> None:
        self.supergraph = supergraph
        self.walker = Walker(supergraph, budget)

    def narrowed(self, positions: _Positions, selections: SelectionSet) -> SelectionSet:
        items = [kept for item in selections for kept in self._item(positions, item)]
        if len(items) == len(selections.items) and all(a is b for a, b in zip(items, selections, strict=True)):
            return selections
        return SelectionSet(tuple(items) or (_TYPENAME,))

    def _item(
        self, positions: _Positions, item: FieldSelection | FragmentSelection
    ) -> Iterator[FieldSelection | FragmentSelection]:
        if item.selections is None or not _meets(SelectionSet((item,)), self.supergraph.uneven_unions):
            yield item
            return
        below = self._landings(positions, item) if isinstance(item, FieldSelection) else self._on(positions, item)
        selections = self.narrowed(below, item.selections)
        if isinstance(item, FieldSelection) and item.type_name in self.supergraph.uneven_unions:
            selections = self._without_partial(below, selections)
        yield item if selections is item.selections else replace(item, selections=selections)

    def _without_partial(self, positions: _Positions, selections: SelectionSet) -> SelectionSet:
        everywhere = [set(self.supergraph.members_in(at.subgraph or "", at.type_name)) for at in positions]
        if not everywhere:
            return selections
        members = set.intersection(*everywhere)
        items = [
            item
            for item in selections
            if isinstance(item, FieldSelection)
            or item.type_name in members
            or self.supergraph.types[item.type_name].kind is not TypeKind.OBJECT
        ]
        if len(items) == len(selections.items):
            return selections
        return SelectionSet(tuple(items) or (_TYPENAME,))

    def _on(self, positions: _Positions, fragment: FragmentSelection) -> _Positions:
        """The positions at objects for which the fragment holds."""
        return frozenset(
            replace(at, type_name=member)
            for at, member in self._members(positions)
            if fragment.type_name in self.supergraph.supertypes[member]
        )

    def _members(self, positions: Iterable[Position]) -> Iterator[tuple[Position, str]]:
        for at in positions:
            for member in self.supergraph.members_in(at.subgraph or "", at.type_name):
                yield at, member

    def _landings(self, positions: _Positions, field: FieldSelection) -> _Positions:
        """Everywhere the field may be answered, whether or not all that is asked below it can be."""
        probe = replace(field, selections=_ANYTHING)
        found: set[Position] = set()
        for at, member in self._members(positions):
            options = self.walker.every_option(replace(at, type_name=member), probe)
            found.update(option.below for option in options if option.below is not None)
        return frozenset(found)
