"""Walking field sets over a subgraph's own types."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import GraphQLError

from router.composition.context_arguments import holders, reference
from router.composition.subgraph import FieldDef, SubgraphSchema, TypeDef
from router.supergraph.field_set import FieldSet, FieldSetFragment, parse_field_set
from router.supergraph.model import named_type

Leaf = tuple[str, FieldDef]
"""The type's name and the field."""


def parsed(text: str) -> FieldSet:
    """The field set, or an empty one where the text does not parse (the rules report it)."""
    try:
        return parse_field_set(text)
    except (GraphQLError, ValueError):
        return ()


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
            yield from read_for(subgraph, type_.name, field)
            if field.provides is not None:
                yield named_type(field.type), parsed(field.provides)


def read_for(subgraph: SubgraphSchema, type_name: str, field: FieldDef) -> Iterator[tuple[str, FieldSet]]:
    """The field sets that the subgraph must be sent to resolve the field: required ones, and those of contexts."""
    if field.requires is not None:
        yield type_name, parsed(field.requires)
    for argument in field.arguments.values():
        found = reference(argument.from_context or "")
        if found is not None:
            for holder in holders(subgraph, found[0]):
                yield holder.name, parsed(found[1])


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
