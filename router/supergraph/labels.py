"""Labelled overrides: which subgraph has a field depends on the request, until the move is finished.

The graph as it is read has every field where it was. `with_labels` gives the graph in which the moves with an active
label have happened; the planner sees nothing but that graph. What moves between interface objects moves for everything
that implements the interface.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from types import MappingProxyType

from router.supergraph.model import LabelledOverride, Supergraph, Type


def with_labels(supergraph: Supergraph, active: Collection[str]) -> Supergraph:
    """The graph for a request with these labels; the graph itself where none of them moves anything."""
    moves = [override for override in supergraph.overrides if override.label in active]
    if not moves:
        return supergraph
    types = dict(supergraph.types)
    for move in moves:
        _move(types, move.type_name, move, None)
        for name in _implementations(supergraph, move):
            _move(types, name, move, move.type_name)
    return replace(supergraph, types=MappingProxyType(types))


def _implementations(supergraph: Supergraph, move: LabelledOverride) -> Iterator[str]:
    """The objects that may have the field through the interface objects it moves between."""
    if supergraph.types[move.type_name].interface_objects:
        for name in supergraph.possible_types(move.type_name):
            if move.field_name in supergraph.types[name].fields:
                yield name


def _move(types: dict[str, Type], type_name: str, move: LabelledOverride, via: str | None) -> None:
    """Changes those owners that have the field of the type by itself, or via the interface."""
    type_ = types[type_name]
    field = type_.fields[move.field_name]
    owners = dict(field.owners)
    for subgraph, external in ((move.target, False), (move.source, True)):
        owner = owners.get(subgraph)
        if owner is not None and owner.via == via:
            owners[subgraph] = replace(owner, external=external)
    moved = replace(field, owners=MappingProxyType(owners))
    types[type_name] = replace(type_, fields=MappingProxyType({**type_.fields, move.field_name: moved}))


def labels_of(supergraph: Supergraph, type_names: Collection[str]) -> frozenset[str]:
    """The labels that can change the plan of an operation that meets these types."""
    return frozenset(
        override.label
        for override in supergraph.overrides
        if override.is_input or any(_overlap(supergraph, override.type_name, name) for name in type_names)
    )


def _overlap(supergraph: Supergraph, left: str, right: str) -> bool:
    """Whether one of the types is the other or may stand for it."""
    supertypes = supergraph.supertypes
    return left in supertypes.get(right, (right,)) or right in supertypes.get(left, (left,))
