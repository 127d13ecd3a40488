"""Reads `@defer` in a client's document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from graphql import (
    REMOVE,
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    Visitor,
    VisitorAction,
    visit,
)

NodeT = TypeVar("NodeT", bound=Node)

Deferring = frozenset[str] | None
"""The variables of `@defer(if:)` that are true; None for a client that takes everything at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Deferral:
    """An operation that may defer something, as it was written. `variables` are those of `@defer(if:)`."""

    document: DocumentNode
    operation: OperationDefinitionNode
    variables: frozenset[str]

    def holding(self, variables: Mapping[str, object]) -> frozenset[str]:
        """Those that are true; one without a value is, by the directive's default."""
        return frozenset(name for name in self.variables if variables.get(name, True) is True)


def deferral_of(document: DocumentNode, operation: OperationDefinitionNode) -> Deferral | None:
    """None for a document that defers nothing, whatever its variables."""
    found = _Deferrals()
    visit(document, found)
    return Deferral(document, operation, frozenset(found.variables)) if found.any else None


@dataclass(frozen=True, slots=True)
class Defer:
    """A `@defer` in force."""

    label: str | None


def defer_of(fragment: FragmentSpreadNode | InlineFragmentNode, deferring: Deferring) -> Defer | None:
    """The `@defer` of a fragment; None where it has none, or one that does not hold."""
    for directive in fragment.directives or ():
        if deferring is None or directive.name.value != "defer":
            continue
        arguments = _arguments(directive)
        wanted = arguments.get("if")
        holds = wanted.name.value in deferring if isinstance(wanted, VariableNode) else _is_true(wanted)
        label = arguments.get("label")
        return Defer(label.value if isinstance(label, StringValueNode) else None) if holds else None
    return None


def without_defer(node: NodeT) -> NodeT:
    """The node and all below it, asked for at once."""
    found: NodeT = visit(node, _Without())
    return found


class _Without(Visitor):
    def enter_directive(self, node: DirectiveNode, *_: object) -> VisitorAction:
        return REMOVE if node.name.value == "defer" else None


class _Deferrals(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.any = False
        self.variables: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        if node.name.value != "defer":
            return
        wanted = _arguments(node).get("if")
        if isinstance(wanted, VariableNode):
            self.variables.add(wanted.name.value)
        self.any = self.any or isinstance(wanted, VariableNode) or _is_true(wanted)


def _arguments(directive: DirectiveNode) -> dict[str, ValueNode]:
    return {argument.name.value: argument.value for argument in directive.arguments or ()}


def _is_true(wanted: ValueNode | None) -> bool:
    return not isinstance(wanted, BooleanValueNode) or wanted.value
