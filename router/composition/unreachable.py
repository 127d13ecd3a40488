"""Says why a field cannot be reached: an operation that asks for it, and what each subgraph on the way lacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationType,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
)

from router.planning.choices import Position
from router.planning.guard import Guard
from router.planning.operation import FieldSelection, FragmentSelection, SelectionSet
from router.planning.walk import Walker
from router.supergraph.field_set import FieldSet, FieldSetFragment, print_field_set
from router.supergraph.model import FieldOwner, Key, Supergraph, named_type

_SAMPLES = {"Int": "1", "Float": "1.0", "Boolean": "true", "ID": '"1"'}


@dataclass(frozen=True, slots=True)
class Path:
    """The fields that lead to an object from a root of the graph; each with the type it was asked of."""

    operation: str
    steps: tuple[tuple[str, str], ...] = ()

    def then(self, type_name: str, field_name: str) -> Path:
        return Path(self.operation, (*self.steps, (type_name, field_name)))


def operation_text(schema: GraphQLSchema, path: Path) -> str:
    """The operation that follows the path, on one line, with samples for arguments that must be given."""
    head = "" if path.operation == OperationType.QUERY.value else f"{path.operation} "
    text = ""
    declared: list[str | None] = []
    for type_name, field_name in path.steps:
        declared.append(_returned(schema, type_name, field_name))
    for index in reversed(range(len(path.steps))):
        type_name, field_name = path.steps[index]
        if text:
            text = f" {{ {text} }}"
        elif isinstance(schema.get_type(declared[index] or ""), GraphQLObjectType | GraphQLInterfaceType):
            text = " { __typename }"
        text = f"{field_name}{_arguments(schema, type_name, field_name)}{text}"
        if index and declared[index - 1] != type_name:
            text = f"... on {type_name} {{ {text} }}"
    return f"{head}{{ {text} }}"


def _returned(schema: GraphQLSchema, type_name: str, field_name: str) -> str | None:
    type_ = schema.get_type(type_name)
    field = type_.fields.get(field_name) if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) else None
    return named_type(str(field.type)) if field else None


def _arguments(schema: GraphQLSchema, type_name: str, field_name: str) -> str:
    type_ = schema.get_type(type_name)
    field = type_.fields.get(field_name) if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) else None
    if field is None:
        return ""
    given = [f"{name}: {_sample(arg.type, 0)}" for name, arg in field.args.items() if is_required_argument(arg)]
    return f"({', '.join(given)})" if given else ""


def _sample(type_: GraphQLInputType, depth: int) -> str:
    bare = get_nullable_type(type_)
    if is_list_type(bare) or depth > 5:
        return "[]"
    if isinstance(bare, GraphQLEnumType):
        return str(next(iter(bare.values)))
    if isinstance(bare, GraphQLInputObjectType):
        required = {name: item for name, item in bare.fields.items() if is_required_input_field(item)}
        return "{" + ", ".join(f"{name}: {_sample(item.type, depth + 1)}" for name, item in required.items()) + "}"
    return _SAMPLES.get(str(bare), '"..."') if is_leaf_type(bare) else "null"


class Reasons:
    """Why no subgraph that resolves a field can be entered from any of some positions."""

    def __init__(self, supergraph: Supergraph, walker: Walker) -> None:
        self.supergraph = supergraph
        self.walker = walker

    def of(self, type_name: str, field_name: str, positions: Sequence[Position]) -> list[str]:
        """A sentence for each position and subgraph."""
        reasons: dict[str, None] = {}
        for position in positions:
            field = self.supergraph.field(position.type_name, field_name)
            owners = [owner for owner in field.owners.values() if not owner.external] if field else []
            if field is None:
                reasons[f"{position.type_name} is an interface object in {position.subgraph}"] = None
            elif not owners:
                reasons[f"no subgraph resolves {position.type_name}.{field_name} for others"] = None
            for owner in owners:
                reasons.update(dict.fromkeys(self._of_owner(position, type_name, field_name, owner)))
        return list(reasons)

    def _of_owner(self, position: Position, type_name: str, field_name: str, owner: FieldOwner) -> Iterator[str]:
        start, there = position.subgraph or "the root", owner.subgraph
        if owner.requires:
            requirement = Guard(requirements=frozenset({(type_name, field_name, there)}))
            lacking = self._lacking(position, owner.requires, requirement)
            if lacking:
                yield f"{there} requires {print_field_set(owner.requires)!r} for it, but {start} leads to no {lacking}"
        known = {*dict(position.contexts), *self.supergraph.contexts_of(position.type_name)}
        for argument in owner.contexts:
            if argument.context not in known:
                yield f"{there} takes {argument.name} from the context {argument.context}, which nothing around it sets"
        if there == position.subgraph:
            return
        entered = owner.via or position.type_name
        keys = self.supergraph.types[entered].keys.get(there, ())
        if not keys:
            yield f"{start} does not have it, and {entered} has no key in {there}"
        for key in keys:
            yield from self._of_key(position, entered, there, key)

    def _of_key(self, position: Position, entered: str, there: str, key: Key) -> Iterator[str]:
        start, text = position.subgraph or "the root", print_field_set(key.fields)
        if not key.resolvable:
            yield f"{start} does not have it, and the key {text!r} of {entered} is not resolvable in {there}"
            return
        lacking = self._lacking(position, key.fields, Guard(frozenset({there})))
        if lacking:
            yield f"{start} does not have it, and cannot enter {there} by {text!r}: it leads to no {lacking}"

    def _lacking(self, position: Position, fields: FieldSet, guard: Guard) -> str:
        """What of the fields cannot be had at the position."""
        leftover = self.walker.walk(position, self._selection(position.type_name, fields), guard).leftover
        return _names(leftover) if leftover else ""

    def _selection(self, type_name: str, fields: FieldSet) -> SelectionSet:
        items: list[FieldSelection | FragmentSelection] = []
        for item in fields:
            if isinstance(item, FieldSetFragment):
                items.append(FragmentSelection(item.type_name, self._selection(item.type_name, item.selections)))
                continue
            field = self.supergraph.field(type_name, item.name)
            returned = named_type(field.type) if field else "String"
            below = self._selection(returned, item.selections) if item.selections else None
            items.append(FieldSelection(item.name, item.name, returned, item.arguments, selections=below))
        return SelectionSet(tuple(items))


def _names(selections: SelectionSet) -> str:
    names = []
    for item in selections:
        below = f" {{ {_names(item.selections)} }}" if item.selections else ""
        names.append((f"... on {item.type_name}" if isinstance(item, FragmentSelection) else item.name) + below)
    return " ".join(names)
