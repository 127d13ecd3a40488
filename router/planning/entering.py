"""Which subgraphs can be entered from a position at all, whatever that costs.

For all fields that need nothing but a key this is found out once; a key that is at hand needs no proof.
"""

from __future__ import annotations

from collections.abc import Callable

from router.planning.choices import Position
from router.planning.guard import Guard
from router.planning.hops import Hops
from router.planning.operation import FieldSelection
from router.supergraph.field_set import FieldSet, FieldSetField
from router.supergraph.model import FieldOwner, Supergraph

_FREE = Guard()


class Entering:
    """`is_local` says whether a field is in the response that an object is in."""

    def __init__(self, supergraph: Supergraph, hops: Hops, is_local: Callable[[Position, str], bool]) -> None:
        self._supergraph = supergraph
        self._hops = hops
        self._is_local = is_local
        self._entered: dict[tuple[Position, str, str | None], bool] = {}
        self._at_hand: dict[tuple[Position, FieldSet], bool] = {}

    def is_possible(self, position: Position, field: FieldSelection, owner: FieldOwner) -> bool:
        """Whether there is a hop to the owner of the field."""
        if owner.external or owner.requires or owner.contexts:
            return self._hops.to(position, field, owner, _FREE) is not None
        if owner.subgraph == position.subgraph:
            return False
        identity = (position, owner.subgraph, owner.via)
        known = self._entered.get(identity)
        if known is None:
            known = self._entered[identity] = self._leads_to(position, owner.subgraph, owner.via)
        return known

    def _leads_to(self, position: Position, subgraph: str, via: str | None) -> bool:
        keys = self._supergraph.types[via or position.type_name].keys.get(subgraph, ())
        if any(key.resolvable and self._is_at_hand(position, key.fields) for key in keys):
            return True
        return self._hops.into(position, subgraph, _FREE, via) is not None

    def _is_at_hand(self, position: Position, fields: FieldSet) -> bool:
        """Whether plain fields are all in the response that the object is in."""
        identity = (position, fields)
        known = self._at_hand.get(identity)
        if known is None:
            known = self._at_hand[identity] = all(
                isinstance(item, FieldSetField) and not item.selections and self._is_local(position, item.name)
                for item in fields
            )
        return known
