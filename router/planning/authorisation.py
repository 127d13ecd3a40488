"""Which fields of an operation need an identity, scopes or policies, and the operation without some of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from router.planning.operation import (
    Condition,
    FieldSelection,
    FragmentSelection,
    Operation,
    SelectionSet,
)
from router.planning.response_keys import KeyPath
from router.supergraph.model import Access, Supergraph


@dataclass(frozen=True, slots=True, eq=False)
class RestrictedField:
    """A field with demands, all of which must be met. `path` ends at the first list, beyond which it has no
    one place; `conditions` are those on the way to it, `part` is the id of the deferred part that it is in."""

    selection: FieldSelection
    coordinates: str
    path: KeyPath
    access: tuple[Access, ...]
    conditions: tuple[Condition, ...]
    part: int = 0


def restricted_fields(supergraph: Supergraph, operation: Operation) -> tuple[RestrictedField, ...]:
    """In the order of the operation; nothing in a graph without access directives."""
    return tuple(_Search(supergraph).search(operation.root_type, operation.selections, _Around()))


@dataclass(frozen=True, slots=True)
class _Around:
    """What is known of the place that a search has come to."""

    path: KeyPath = ()
    in_list: bool = False
    conditions: tuple[Condition, ...] = ()
    part: int = 0


class _Search:
    def __init__(self, supergraph: Supergraph) -> None:
        self.supergraph = supergraph

    def search(self, parent: str, selections: SelectionSet, around: _Around) -> Iterator[RestrictedField]:
        for item in selections:
            if isinstance(item, FragmentSelection):
                inside = replace(around, part=item.part.id) if item.part else around
                yield from self.search(item.type_name, item.selections, inside)
                continue
            model = self.supergraph.field(parent, item.name)
            at = around.path if around.in_list else (*around.path, item.response_key)
            here = (*around.conditions, *item.conditions)
            access = self._access(parent, item)
            if access:
                yield RestrictedField(item, f"{parent}.{item.name}", at, access, here, around.part)
            if item.selections is not None:
                below_list = around.in_list or (model is not None and model.type.startswith("["))
                yield from self.search(item.type_name, item.selections, _Around(at, below_list, here, around.part))

    def _access(self, parent: str, item: FieldSelection) -> tuple[Access, ...]:
        """Of the field, its type and what it returns; of an interface's field also of everyone's who has it."""
        types = self.supergraph.types
        owners = {parent}
        if types[parent].is_abstract:
            owners |= {name for name, found in self.supergraph.supertypes.items() if parent in found}
        demands = [types[item.type_name].access] if item.type_name in types else []
        for owner in sorted(owners):
            field = types[owner].fields.get(item.name)
            if field is not None:
                demands += [types[owner].access, field.access]
        return tuple(dict.fromkeys(demand for demand in demands if demand))


def without(operation: Operation, denied: Collection[FieldSelection]) -> Operation:
    """The operation without these fields; selections left empty go with them."""
    if not denied:
        return operation
    return replace(operation, selections=_without(operation.selections, set(denied)))


def _without(selections: SelectionSet, denied: set[FieldSelection]) -> SelectionSet:
    items: list[FieldSelection | FragmentSelection] = []
    for item in selections:
        if isinstance(item, FieldSelection) and item in denied:
            continue
        if item.selections is None:
            items.append(item)
            continue
        inner = _without(item.selections, denied)
        if not inner.items and isinstance(item, FieldSelection):
            # The object itself may be had: whether it is there is an answer too.
            inner = SelectionSet((FieldSelection("__typename", "__typename", "String"),))
        if inner.items:
            items.append(replace(item, selections=inner))
    return SelectionSet(tuple(items))
