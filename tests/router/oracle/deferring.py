"""`@defer` in random operations: where it may stand, and what the client has once all has come."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from graphql import (
    BooleanValueNode,
    ConstArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from router.execution.deferred import Increment

_CONDITIONS = ("", "", "", "if: false", "if: true", "if: $yes", "if: $no")


def sprinkled(query: str, random: Random) -> str:
    """The operation with some of its fragments deferred, and some of its fields in deferred fragments."""
    document = parse(query)
    rootless = next(
        definition.selection_set
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
    )
    is_query = any(getattr(definition, "operation", None) is OperationType.QUERY for definition in document.definitions)
    found = visit(document, _Sprinkling(random, None if is_query else rootless))
    text = print_ast(found)
    for name, kind in (("yes", "Boolean!"), ("no", "Boolean! = false")):
        if f"${name}" in text and f"${name}:" not in text:
            text = (
                text.replace("Random(", f"Random(${name}: {kind}, ", 1)
                if "Random(" in text
                else text.replace("Random", f"Random(${name}: {kind})", 1)
            )
    return text


class _Sprinkling(Visitor):
    """`rootless` is the selection set of a mutation, which cannot be deferred."""

    def __init__(self, random: Random, rootless: SelectionSetNode | None) -> None:
        super().__init__()
        self.random = random
        self.rootless = rootless
        self.count = 0

    def leave_selection_set(
        self, node: SelectionSetNode, _: Any, parent: Any, __: Any, ancestors: list[Any]
    ) -> SelectionSetNode:
        if any(_is_about_the_schema(item) for item in (parent, *ancestors)):
            # The router has the answer in no time: nothing of it is deferred.
            return node
        if self.rootless is not None and not isinstance(parent, FieldNode):
            # A mutation's root may be spelt by fragments, too.
            return node
        selections: list[Any] = []
        for item in node.selections:
            if self.random.random() > 0.3:
                selections.append(item)
            elif isinstance(item, FieldNode):
                below = SelectionSetNode(selections=(item,))
                selections.append(InlineFragmentNode(selection_set=below, directives=(self._defer(),)))
            else:
                selections.append(replace(item, directives=(*(item.directives or ()), self._defer())))
        return SelectionSetNode(selections=tuple(selections))

    def _defer(self) -> DirectiveNode:
        self.count += 1
        arguments = " ".join((f'label: "d{self.count}"', self.random.choice(_CONDITIONS)))
        operation = parse(f"{{ ... @defer({arguments}) {{ a }} }}").definitions[0]
        assert isinstance(operation, OperationDefinitionNode)
        fragment = operation.selection_set.selections[0]
        assert isinstance(fragment, InlineFragmentNode)
        assert fragment.directives
        return fragment.directives[0]


def _is_about_the_schema(node: Any) -> bool:
    if isinstance(node, FragmentDefinitionNode):
        return node.type_condition.name.value.startswith("__")
    return isinstance(node, FieldNode) and node.name.value in ("__schema", "__type")


def at_once(document: DocumentNode) -> DocumentNode:
    """The operation without `@defer`."""
    found: DocumentNode = visit(document, _Without(None))
    return found


def at_first(document: DocumentNode, holding: frozenset[str]) -> DocumentNode:
    """The operation without what is deferred, under the conditions that hold."""
    found: DocumentNode = visit(document, _Without(holding))
    return found


class _Without(Visitor):
    def __init__(self, holding: frozenset[str] | None) -> None:
        super().__init__()
        self.holding = holding

    def leave_inline_fragment(self, node: InlineFragmentNode, *_: Any) -> InlineFragmentNode:
        return self._changed(node)

    def leave_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> FragmentSpreadNode:
        return self._changed(node)

    def _changed(self, node: Any) -> Any:
        directives = [item for item in node.directives or () if item.name.value != "defer"]
        for item in node.directives or ():
            if item.name.value == "defer" and self._holds(item):
                never = ConstArgumentNode(name=NameNode(value="if"), value=BooleanValueNode(value=True))
                directives = [DirectiveNode(name=NameNode(value="skip"), arguments=(never,))]
        return replace(node, directives=tuple(directives))

    def _holds(self, directive: DirectiveNode) -> bool:
        if self.holding is None:
            return False
        for argument in directive.arguments or ():
            if argument.name.value == "if":
                value: Any = argument.value
                return value.value if isinstance(value, BooleanValueNode) else value.name.value in self.holding
        return True


def put_together(increments: Sequence[Increment]) -> tuple[Any, list[Any]]:
    """What the client has at the end, and all errors. What it is sent it must be able to place."""
    first = increments[0].response
    assert first is not None
    data = json.loads(json.dumps(first.data))
    errors = [error.formatted() for error in first.errors]
    known: set[tuple[int, Any]] = set()
    for increment in increments:
        known |= {(found.part.id, found.path) for found in increment.pending}
        for result in increment.results:
            assert (result.pending.part.id, result.pending.path) in known
            errors += [error.formatted() for error in result.errors]
            if result.data is not None:
                _merge(_at(data, result.path), json.loads(json.dumps(result.data)))
        known -= {(found.part.id, found.path) for found in increment.completed}
    assert not known, "something was promised and never came"
    assert [item.has_next for item in increments] == [True] * (len(increments) - 1) + [False]
    return data, errors


def _at(data: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        data = data[part]
    return data


def _merge(target: Any, source: Any) -> None:
    for key, value in source.items():
        known = target.get(key)
        if isinstance(known, dict) and isinstance(value, dict):
            _merge(known, value)
        elif isinstance(known, list) and isinstance(value, list):
            _merge_lists(known, value)
        else:
            target[key] = value


def _merge_lists(target: list[Any], source: list[Any]) -> None:
    assert len(target) == len(source)
    for left, right in zip(target, source, strict=True):
        if isinstance(left, dict) and isinstance(right, dict):
            _merge(left, right)
        elif isinstance(left, list) and isinstance(right, list):
            _merge_lists(left, right)
