"""What a Federation 1 subgraph says, in the meaning of Federation 2.

It could not say who may resolve a field, nor could an extension mention its own key without calling it external.
So: what several subgraphs resolve is shared (the reader sees to that); the fields that an extension is found by
are its own; external fields that nothing mentions, and requirements of what is at hand anyway, are dropped, as are
keys and promises on interfaces, which meant nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from router.composition.selections import interface_fields, parsed, selected_fields, used_fields
from router.composition.subgraph import FieldDef, SubgraphSchema, TypeDef
from router.supergraph.field_set import FieldSet, FieldSetField, FieldSetFragment, print_field_set
from router.supergraph.model import TypeKind, named_type


def upgraded(subgraphs: Sequence[SubgraphSchema]) -> tuple[SubgraphSchema, ...]:
    """The subgraphs, each with the meaning of Federation 2. What others say is read as they wrote it."""
    return tuple(_upgrade(sub, subgraphs) if sub.is_federation_1 else sub for sub in subgraphs)


def _upgrade(sub: SubgraphSchema, everyone: Sequence[SubgraphSchema]) -> SubgraphSchema:
    sub = _without_external_types(sub)
    sub = _own_borrowed_keys(sub, [other for other in everyone if other is not sub])
    sub = _plain_interfaces(sub)
    sub = _without_inactive_field_sets(sub)
    return _without_unused_externals(sub)


def _without_external_types(sub: SubgraphSchema) -> SubgraphSchema:
    """@external on a type meant nothing."""
    return sub.with_fields(lambda _, field: replace(field, external=field.external and field.has("external")))


def _own_borrowed_keys(sub: SubgraphSchema, others: Sequence[SubgraphSchema]) -> SubgraphSchema:
    """An extension without a key of its own is found by a key that another subgraph has."""
    own = {
        (type_name, field.name)
        for type_ in sub.types.values()
        if type_.extension and not type_.keys
        for other in others
        if type_.name in other.types
        for key in other.types[type_.name].keys
        for type_name, field in selected_fields(sub, type_.name, key.fields)
    }
    return sub.with_fields(
        lambda type_, field: replace(field, external=field.external and (type_.name, field.name) not in own)
    )


def _plain_interfaces(sub: SubgraphSchema) -> SubgraphSchema:
    """Interfaces had no keys, and their fields neither owners nor promises."""

    def plain(type_: TypeDef, field: FieldDef) -> FieldDef:
        if type_.kind is not TypeKind.INTERFACE:
            return field
        return replace(field, external=False, requires=None, provides=None)

    types = {
        type_.name: replace(type_, keys=()) if type_.kind is TypeKind.INTERFACE else type_
        for type_ in sub.types.values()
    }
    return replace(sub, types=types).with_fields(plain)


def _without_inactive_field_sets(sub: SubgraphSchema) -> SubgraphSchema:
    """A requirement, or promise, of what the subgraph resolves itself is none."""
    return sub.with_fields(
        lambda type_, field: replace(
            field,
            requires=_active(sub, type_.name, field.requires),
            provides=_active(sub, named_type(field.type), field.provides),
        )
    )


def _active(sub: SubgraphSchema, type_name: str, text: str | None) -> str | None:
    """The external part of a field set. One that does not parse is left for the rules."""
    field_set = parsed(text) if text else ()
    kept = _external_part(sub, type_name, field_set)
    return text if kept == field_set else print_field_set(kept) or None


def _external_part(sub: SubgraphSchema, type_name: str, field_set: FieldSet) -> FieldSet:
    kept: list[FieldSetField | FieldSetFragment] = []
    for item in field_set:
        if isinstance(item, FieldSetField):
            type_ = sub.types.get(type_name)
            field = type_.fields.get(item.name) if type_ else None
            if field is None or any(found.external for found in _implementing(sub, type_name, field)):
                kept.append(item)
                continue
            below = named_type(field.type)
        else:
            below = item.type_name
        inner = _external_part(sub, below, item.selections)
        if inner:
            kept.append(replace(item, selections=inner))
    return tuple(kept)


def _implementing(sub: SubgraphSchema, type_name: str, field: FieldDef) -> list[FieldDef]:
    """The field, and the fields of objects that stand for it where its type is an interface."""
    found = [type_.fields[field.name] for type_ in sub.implementations(type_name) if field.name in type_.fields]
    return [field, *found]


def _without_unused_externals(sub: SubgraphSchema) -> SubgraphSchema:
    """Without fields that are mentioned for nothing, and types that had no others."""
    used = used_fields(sub)
    types: dict[str, TypeDef] = {}
    for type_ in sub.types.values():
        asked = interface_fields(sub, type_)
        fields = {
            name: field
            for name, field in type_.fields.items()
            if not field.external or (type_.name, name) in used or name in asked
        }
        if fields or not type_.fields:
            types[type_.name] = replace(type_, fields=fields)
    return replace(sub, types=types)
