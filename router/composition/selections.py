"""Walking a field set over a subgraph's own types: what the rules on @key, @requires and @provides share."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import GraphQLError

from router.composition.subgraph import FieldDef, SubgraphSchema, TypeDef
from router.supergraph.field_set import FieldSet, FieldSetFragment, parse_field_set
from router.supergraph.model import TypeKind, named_type

Leaf = tuple[str, FieldDef]
"""The type's name and the field."""

_LEAF_KINDS = frozenset({TypeKind.SCALAR, TypeKind.ENUM})


def parsed(text: str) -> FieldSet:
    """The field set, or an empty one where the text does not parse (the rules report it)."""
    try:
        return parse_field_set(text)
    except (GraphQLError, ValueError):
        return ()


def problems_of(subgraph: SubgraphSchema, type_name: str, text: str) -> list[str]:
    """Why the text is no selection on the type; nothing where it is one."""
    try:
        field_set = parse_field_set(text)
    except (GraphQLError, ValueError) as error:
        return [f"{text!r} is no field set: {getattr(error, 'message', error)}"]
    return list(_check(subgraph, type_name, field_set))


def _check(subgraph: SubgraphSchema, type_name: str, field_set: FieldSet) -> Iterator[str]:
    type_ = subgraph.types.get(type_name)
    for item in field_set:
        if isinstance(item, FieldSetFragment):
            yield from _check(subgraph, item.type_name, item.selections)
            continue
        if item.name == "__typename":
            continue
        field = type_.fields.get(item.name) if type_ else None
        if field is None:
            yield f"{type_name} has no field {item.name}"
            continue
        below = subgraph.types.get(named_type(field.type))
        is_leaf = below is None or below.kind in _LEAF_KINDS
        if is_leaf and item.selections:
            yield f"{type_name}.{item.name} has no fields to select"
        elif not is_leaf and not item.selections:
            yield f"{type_name}.{item.name} needs a selection of its fields"
        elif below is not None:
            yield from _check(subgraph, below.name, item.selections)


def selected_fields(subgraph: SubgraphSchema, type_name: str, field_set: FieldSet) -> Iterator[Leaf]:
    """Every field selected at any depth that the subgraph knows."""
    type_ = subgraph.types.get(type_name)
    for item in field_set:
        if isinstance(item, FieldSetFragment):
            yield from selected_fields(subgraph, item.type_name, item.selections)
            continue
        field = type_.fields.get(item.name) if type_ else None
        if field is not None:
            yield type_name, field
            yield from selected_fields(subgraph, named_type(field.type), item.selections)


def field_sets(subgraph: SubgraphSchema) -> Iterator[tuple[str, FieldSet]]:
    """Every field set of the subgraph, with the type it starts from."""
    for type_ in subgraph.types.values():
        for key in type_.keys:
            yield type_.name, key.fields
        for field in type_.fields.values():
            if field.requires is not None:
                yield type_.name, parsed(field.requires)
            if field.provides is not None:
                yield named_type(field.type), parsed(field.provides)


def used_fields(subgraph: SubgraphSchema) -> set[tuple[str, str]]:
    """Fields (type, name) that a field set mentions, also by way of an interface they implement."""
    used: set[tuple[str, str]] = set()
    for start, field_set in field_sets(subgraph):
        for type_name, field in selected_fields(subgraph, start, field_set):
            used.add((type_name, field.name))
            used.update((type_.name, field.name) for type_ in subgraph.implementations(type_name))
    return used


def interface_fields(subgraph: SubgraphSchema, type_: TypeDef) -> set[str]:
    """The names of the fields that the type's interfaces ask of it."""
    return {name for found in type_.interfaces if found in subgraph.types for name in subgraph.types[found].fields}
