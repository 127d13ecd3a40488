"""A subgraph's answers from data in memory: any document of these graphs, whatever its aliases and fragments.

Of GraphQL only what a subgraph of these benchmarks is asked: no interfaces, no errors, no validation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)
from graphql.utilities import value_from_ast_untyped

Entity = Mapping[str, Any]
"""An object by the names of its fields; a field with arguments is a callable that takes them."""

Reference = Callable[[Mapping[str, Any]], Entity]
"""A representation to its entity."""


class Resolver:
    """One subgraph: its root fields, and how its representations are resolved."""

    def __init__(self, roots: Entity, reference: Reference) -> None:
        self._roots = roots
        self._reference = reference

    def answer(self, body: bytes) -> bytes:
        """The JSON response to a JSON request."""
        asked = msgspec.json.decode(body)
        data = _Answering(asked["query"], asked.get("variables") or {}).of(
            {"__typename": "Query", "_entities": self._entities, **self._roots}
        )
        return msgspec.json.encode({"data": data})

    def _entities(self, representations: Sequence[Mapping[str, Any]]) -> list[Entity]:
        return [self._reference(representation) for representation in representations]


class _Answering:
    """One operation being answered."""

    def __init__(self, query: str, variables: dict[str, Any]) -> None:
        document = parse(query, no_location=True)
        self._variables = variables
        self._fragments = {
            item.name.value: item for item in document.definitions if isinstance(item, FragmentDefinitionNode)
        }
        self._operation = next(item for item in document.definitions if isinstance(item, OperationDefinitionNode))
        self._collected: dict[tuple[object, ...], dict[str, tuple[FieldNode, tuple[SelectionSetNode, ...]]]] = {}

    def of(self, roots: Entity) -> dict[str, Any]:
        return self._object(roots, (self._operation.selection_set,))

    def _object(self, entity: Entity, sets: tuple[SelectionSetNode, ...]) -> dict[str, Any]:
        identity = (entity["__typename"], *map(id, sets))
        fields = self._collected.get(identity)
        if fields is None:
            fields = self._collected[identity] = self._fields_of(entity["__typename"], sets)
        return {key: self._value(self._resolved(entity, node), below) for key, (node, below) in fields.items()}

    def _fields_of(
        self, type_name: str, sets: tuple[SelectionSetNode, ...]
    ) -> dict[str, tuple[FieldNode, tuple[SelectionSetNode, ...]]]:
        found: dict[str, tuple[FieldNode, tuple[SelectionSetNode, ...]]] = {}
        for node in (node for selections in sets for node in self._flattened(type_name, selections)):
            key = node.alias.value if node.alias else node.name.value
            first, below = found.get(key, (node, ()))
            found[key] = (first, (*below, node.selection_set) if node.selection_set else below)
        return found

    def _flattened(self, type_name: str, selections: SelectionSetNode) -> Iterator[FieldNode]:
        for item in selections.selections:
            if isinstance(item, FieldNode):
                yield item
                continue
            fragment = self._fragments[item.name.value] if isinstance(item, FragmentSpreadNode) else item
            assert isinstance(fragment, FragmentDefinitionNode | InlineFragmentNode)
            if fragment.type_condition is None or fragment.type_condition.name.value == type_name:
                yield from self._flattened(type_name, fragment.selection_set)

    def _resolved(self, entity: Entity, node: FieldNode) -> Any:
        value = entity[node.name.value]
        if not callable(value):
            return value
        given = {item.name.value: value_from_ast_untyped(item.value, self._variables) for item in node.arguments or ()}
        return value(**given)

    def _value(self, value: Any, below: tuple[SelectionSetNode, ...]) -> Any:
        if isinstance(value, list):
            return [self._value(item, below) for item in value]
        return self._object(value, below) if below and value is not None else value
