"""Field sets: the selections inside `@key`, `@requires` and `@provides`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    FieldNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
    print_ast,
)


@dataclass(frozen=True, slots=True)
class FieldSetField:
    """One field of a set, with its constant arguments as printed (`(currency: USD)` or empty)."""

    name: str
    arguments: str = ""
    selections: FieldSet = ()


@dataclass(frozen=True, slots=True)
class FieldSetFragment:
    """A part of a set that holds only for one type."""

    type_name: str
    selections: FieldSet


FieldSetItem = FieldSetField | FieldSetFragment
FieldSet = tuple[FieldSetItem, ...]


def parse_field_set(text: str) -> FieldSet:
    """`"id owner { id }"`, in braces or not, as a field set. Raises GraphQLSyntaxError or ValueError otherwise."""
    definitions = parse(text if text.lstrip().startswith("{") else f"{{{text}}}", no_location=True).definitions
    operation = definitions[0]
    if len(definitions) != 1 or not isinstance(operation, OperationDefinitionNode):
        raise ValueError(f"not a field set: {text}")
    return _read(operation.selection_set)


def _read(node: SelectionSetNode) -> FieldSet:
    items: list[FieldSetItem] = []
    for selection in node.selections:
        if isinstance(selection, FieldNode):
            if selection.alias is not None:
                raise GraphQLError("aliases are not allowed in a field set")
            arguments = ", ".join(print_ast(argument) for argument in selection.arguments or ())
            children = _read(selection.selection_set) if selection.selection_set else ()
            items.append(FieldSetField(selection.name.value, f"({arguments})" if arguments else "", children))
        elif isinstance(selection, InlineFragmentNode):
            children = _read(selection.selection_set)
            if selection.type_condition is None:
                items.extend(children)
            else:
                items.append(FieldSetFragment(selection.type_condition.name.value, children))
        else:
            raise GraphQLError("named fragments are not allowed in a field set")
    return tuple(items)


def print_field_set(field_set: FieldSet) -> str:
    """The field set as written in SDL."""
    parts: list[str] = []
    for item in field_set:
        head = f"... on {item.type_name}" if isinstance(item, FieldSetFragment) else item.name + item.arguments
        parts.append(f"{head} {{ {print_field_set(item.selections)} }}" if item.selections else head)
    return " ".join(parts)


def merge_field_sets(left: FieldSet, right: FieldSet) -> FieldSet:
    """Both sets as one; a field that is in both appears once with the children of both."""
    merged: dict[tuple[str, str], FieldSetItem] = {}
    for item in (*left, *right):
        identity = (item.type_name, "...") if isinstance(item, FieldSetFragment) else (item.name, item.arguments)
        known = merged.get(identity)
        if known is None:
            merged[identity] = item
            continue
        children = merge_field_sets(known.selections, item.selections)
        if isinstance(item, FieldSetFragment):
            merged[identity] = FieldSetFragment(item.type_name, children)
        else:
            merged[identity] = FieldSetField(item.name, item.arguments, children)
    return tuple(merged.values())


def names_in(field_set: FieldSet) -> Iterator[str]:
    """The names of the fields at every depth."""
    for item in field_set:
        if isinstance(item, FieldSetField):
            yield item.name
        yield from names_in(item.selections)


def contradicts(field_set: FieldSet) -> bool:
    """Whether one field is in the set with different arguments, so that no object can hold both."""
    arguments: dict[str, str] = {}
    for item in field_set:
        if isinstance(item, FieldSetField) and arguments.setdefault(item.name, item.arguments) != item.arguments:
            return True
        if contradicts(item.selections):
            return True
    return False


def fields_for(field_set: FieldSet, possible: frozenset[str]) -> Iterator[FieldSetField]:
    """The fields of the set that hold for an object whose type names include any of `possible`."""
    for item in field_set:
        if isinstance(item, FieldSetField):
            yield item
        elif item.type_name in possible:
            yield from fields_for(item.selections, possible)
