"""The records behind a random graph, and what each field of them is worth.

One definition of a field's value serves the unsplit schema and every subgraph. A field with `@requires` is worth
a text of what it requires: a subgraph writes it from the representation alone, so that whatever the router fails
to send shows as a difference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from graphql import (
    FieldNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
    value_from_ast_untyped,
)

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ref:
    """A record by its name."""

    name: str


@dataclass
class World:
    """Records by name; those of the root types are named after them."""

    records: dict[str, Record]
    # "Type.field" -> what it requires, the defaults of its arguments; type -> the names of all abstract types above it.
    requires: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, dict[str, Any]] = field(default_factory=dict)
    supertypes: dict[str, set[str]] = field(default_factory=dict)
    mutations: int = 0

    def record(self, name: str) -> Record:
        return {"__typename": name, **self.records.get(name, {})}

    def value(self, record: Record, name: str, arguments: Mapping[str, Any]) -> Any:
        """What the field is worth to whoever can see everything."""
        required = self.requirement(record["__typename"], name)
        if required is not None:
            return written(name, self.selected(record, field_set(required)), arguments)
        return self._with_arguments(self._loaded(record.get(name)), arguments)

    def requirement(self, typename: str, name: str) -> str | None:
        """What the field requires, where it has requirements: those of an interface object are its types', too."""
        known = (self.requires.get(f"{above}.{name}") for above in (typename, *self.supertypes.get(typename, ())))
        return next(filter(None, known), None)

    def mutated(self, record: Record, name: str, arguments: Mapping[str, Any]) -> Any:
        """As `value`, and counted: what a mutation answers tells its place in the order."""
        self.mutations += 1
        value = self._loaded(record.get(name))
        if isinstance(value, list):
            return value[self.mutations % len(value)] if value else None
        return self.mutations

    def selected(self, record: Record, selections: SelectionSetNode) -> Record:
        """What a field set selects of a record."""
        found: Record = {}
        for node in selections.selections:
            if isinstance(node, InlineFragmentNode):
                if self.matches(record, node):
                    found.update(self.selected(record, node.selection_set))
            elif isinstance(node, FieldNode) and node.name.value != "__typename":
                arguments = dict(self.defaults.get(f"{record['__typename']}.{node.name.value}", {}))
                arguments |= {item.name.value: value_from_ast_untyped(item.value) for item in node.arguments or ()}
                value = self.value(record, node.name.value, arguments)
                found[node.name.value] = _below(value, node, self.selected)
        return found

    def matches(self, record: Record, fragment: InlineFragmentNode) -> bool:
        """Whether the fragment applies to the record."""
        if fragment.type_condition is None:
            return True
        wanted = fragment.type_condition.name.value
        typename = record["__typename"]
        return wanted == typename or wanted in self.supertypes.get(typename, set())

    def find(self, type_name: str, key: Record) -> Record | None:
        """The entity with these key values; of an interface, whichever implements it."""
        for record in self.records.values():
            typename = record.get("__typename")
            known = typename == type_name or type_name in self.supertypes.get(str(typename), set())
            if known and all(self._agrees(record.get(name), value) for name, value in key.items()):
                return record
        return None

    def _agrees(self, stored: Any, sent: Any) -> bool:
        stored = self._loaded(stored)
        if isinstance(sent, dict) and isinstance(stored, dict):
            return all(self._agrees(stored.get(name), value) for name, value in sent.items() if name != "__typename")
        return bool(stored == sent)

    def _loaded(self, value: Any) -> Any:
        if isinstance(value, Ref):
            return self.records.get(value.name)
        if isinstance(value, list):
            return [self._loaded(item) for item in value]
        return value

    def _with_arguments(self, value: Any, arguments: Mapping[str, Any]) -> Any:
        """`id` and the like find one of a list, `first` shortens it, all others show in the value."""
        if not arguments or value is None:
            return value
        if isinstance(value, list) and "first" in arguments:
            first = arguments["first"]
            return value if first is None else value[: max(first, 0)]
        if isinstance(value, list):
            found = [item for item in value if all(str(item.get(k)) == str(v) for k, v in arguments.items())]
            return found[0] if found else None
        if isinstance(value, str):
            return f"{value}{json.dumps(dict(sorted(arguments.items())))}"
        return value


def sent(representation: Record, selections: SelectionSetNode, world: World) -> Record:
    """What a field set selects of a representation. Raises KeyError for what the router did not send."""
    found: Record = {}
    for node in selections.selections:
        if isinstance(node, InlineFragmentNode):
            if "__typename" in representation and not world.matches(representation, node):
                continue
            found.update(sent(representation, node.selection_set, world))
        elif isinstance(node, FieldNode) and node.name.value != "__typename":
            value = representation[node.name.value]
            found[node.name.value] = _below(value, node, lambda item, below: sent(item, below, world))
    return found


def _below(value: Any, node: FieldNode, select: Any) -> Any:
    if isinstance(value, list):
        return [_below(item, node, select) for item in value]
    if isinstance(value, dict) and node.selection_set is not None:
        return select(value, node.selection_set)
    return value


def written(name: str, inputs: Record, arguments: Mapping[str, Any]) -> str:
    """The value of a field with `@requires`."""
    return f"{name}{json.dumps([inputs, dict(arguments)], sort_keys=True)}"


@cache
def field_set(text: str) -> SelectionSetNode:
    """The selections of a field set."""
    definition = parse(f"{{ {text} }}").definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    return definition.selection_set
