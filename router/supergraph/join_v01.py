"""Join spec 0.1, which composers wrote for Federation 1, as the 0.2 that the reader knows.

0.1 says less: a type has an owner that every field without `@join__field` belongs to, keys are those of the other
subgraphs, value types name no subgraph at all, and what a `@provides` may reach is not repeated on the fields.
What is left out follows from Federation 1's rules: a subgraph can return the fields of its keys, and value types are
the same in every subgraph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import MappingProxyType

from graphql import DocumentNode, ObjectTypeDefinitionNode

from router.supergraph.field_set import FieldSet, FieldSetField
from router.supergraph.model import Field, FieldOwner, Type, named_type


def is_v01(document: DocumentNode) -> bool:
    """Whether any type has an owner: later versions have none."""
    return any(
        directive.name.value == "join__owner"
        for definition in document.definitions
        if isinstance(definition, ObjectTypeDefinitionNode)
        for directive in definition.directives or ()
    )


def complete(types: dict[str, Type], owner_of: dict[str, str]) -> dict[str, Type]:
    """The types with every owner that 0.1 leaves to be known; `owner_of` is by type name."""
    found = {name: _with_owner(type_, owner_of[name]) if name in owner_of else type_ for name, type_ in types.items()}
    for type_ in list(found.values()):
        for field in type_.fields.values():
            for owner in field.owners.values():
                _mention(found, named_type(field.type), owner.subgraph, owner.provides)
                _mention(found, type_.name, owner.subgraph, owner.requires)
    return found


def _with_owner(type_: Type, owner: str) -> Type:
    fields: dict[str, Field] = {}
    for field in type_.fields.values():
        owners = dict(field.owners)
        if not owners:
            owners[owner] = FieldOwner(owner, field.type)
            for subgraph in _having_as_key(type_, field.name):
                owners.setdefault(subgraph, FieldOwner(subgraph, field.type))
        fields[field.name] = replace(field, owners=MappingProxyType(owners))
    return replace(type_, subgraphs=type_.subgraphs | {owner}, fields=MappingProxyType(fields))


def _having_as_key(type_: Type, field_name: str) -> Iterator[str]:
    for subgraph, keys in type_.keys.items():
        if any(item.name == field_name for key in keys for item in _fields(key.fields)):
            yield subgraph


def _fields(field_set: FieldSet) -> Iterable[FieldSetField]:
    return (item for item in field_set if isinstance(item, FieldSetField))


def _mention(types: dict[str, Type], type_name: str, subgraph: str, field_set: FieldSet) -> None:
    """Makes the subgraph one that knows these fields, though it cannot resolve them."""
    type_ = types.get(type_name)
    if type_ is None:
        return
    for item in _fields(field_set):
        field = types[type_name].fields.get(item.name)
        if field is None:
            continue
        if subgraph not in field.owners:
            owners = MappingProxyType({**field.owners, subgraph: FieldOwner(subgraph, field.type, external=True)})
            fields = MappingProxyType({**types[type_name].fields, item.name: replace(field, owners=owners)})
            types[type_name] = replace(types[type_name], fields=fields)
        _mention(types, named_type(field.type), subgraph, item.selections)
