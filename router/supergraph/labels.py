"""Labelled overrides: which subgraph has a field depends on the request, until the move is finished.

The graph as it is read has every field where it was. `with_labels` gives the graph in which the moves with an active
label have happened; the planner sees nothing but that graph.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from types import MappingProxyType

from router.supergraph.model import Field, LabelledOverride, Supergraph


def with_labels(supergraph: Supergraph, active: Collection[str]) -> Supergraph:
    """The graph for a request with these labels; the graph itself where none of them moves anything."""
    moves = [override for override in supergraph.overrides if override.label in active]
    if not moves:
        return supergraph
    types = dict(supergraph.types)
    for move in moves:
        type_ = types[move.type_name]
        field = type_.fields[move.field_name]
        fields = MappingProxyType({**type_.fields, move.field_name: _moved(field, move)})
        types[move.type_name] = replace(type_, fields=fields)
    return replace(supergraph, types=MappingProxyType(types))


def _moved(field: Field, move: LabelledOverride) -> Field:
    owners = dict(field.owners)
    owners[move.target] = replace(owners[move.target], external=False)
    if move.source in owners:
        owners[move.source] = replace(owners[move.source], external=True)
    return replace(field, owners=MappingProxyType(owners))


def labels_of(supergraph: Supergraph, type_names: Collection[str]) -> frozenset[str]:
    """The labels that can change the plan of an operation that meets these types."""
    return frozenset(
        override.label for override in supergraph.overrides if override.is_input or override.type_name in type_names
    )
