"""What the router asks for itself, keys and requirements, as selections."""

from __future__ import annotations

from router.planning.operation import Condition, FieldSelection, FragmentSelection, SelectionSet
from router.supergraph.field_set import FieldSet, FieldSetField, FieldSetFragment
from router.supergraph.model import Supergraph, named_type


class InternalSelections:
    """Field sets to selections, always the same ones: what was found for them is remembered by identity."""

    def __init__(self, supergraph: Supergraph) -> None:
        self._supergraph = supergraph
        self._known: dict[tuple[object, ...], SelectionSet] = {}

    def of(self, type_name: str, field_set: FieldSet, conditions: tuple[Condition, ...]) -> SelectionSet:
        """The set asked of objects of the type; `conditions` are those of the field that needs it."""
        identity = (type_name, field_set, conditions)
        known = self._known.get(identity)
        if known is None:
            items = tuple(self._item(type_name, item, conditions) for item in field_set)
            known = self._known[identity] = SelectionSet(items)
        return known

    def _item(
        self, type_name: str, item: FieldSetField | FieldSetFragment, conditions: tuple[Condition, ...]
    ) -> FieldSelection | FragmentSelection:
        if isinstance(item, FieldSetFragment):
            return FragmentSelection(item.type_name, self.of(item.type_name, item.selections, conditions))
        if item.name == "__typename":
            return FieldSelection("__typename", "__typename", "String", internal=True)
        model = self._supergraph.field(type_name, item.name)
        returned = named_type(model.type) if model else "String"
        return FieldSelection(
            response_key=item.name,
            name=item.name,
            type_name=returned,
            arguments=item.arguments,
            conditions=conditions,
            selections=self.of(returned, item.selections, ()) if item.selections else None,
            internal=True,
        )
