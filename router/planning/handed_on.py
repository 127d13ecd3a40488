"""Directives of an operation that are not the router's to act on: the subgraphs that are asked get them.

A directive for operations is part of a graph where every subgraph knows it, so that no fetch can carry one too many.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graphql import (
    ArgumentNode,
    DirectiveNode,
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    print_ast,
    visit,
)

_OF_THE_ROUTER = frozenset({"include", "skip", "defer"})


def handed_on(node: FieldNode | OperationDefinitionNode) -> list[DirectiveNode]:
    """Those of a field or of the whole operation."""
    return [directive for directive in node.directives or () if directive.name.value not in _OF_THE_ROUTER]


def distinct(schema: GraphQLSchema, directives: Iterable[DirectiveNode]) -> list[DirectiveNode]:
    """Those of a field that is asked for more than once: each once, the first of what may not be repeated."""
    found: dict[str, DirectiveNode] = {}
    for directive in directives:
        name = directive.name.value
        definition = schema.get_directive(name)
        repeatable = definition is not None and definition.is_repeatable
        found.setdefault(print_ast(directive) if repeatable else name, directive)
    return list(found.values())


def printed_directives(directives: Iterable[DirectiveNode]) -> str:
    """As they follow what they are applied to."""
    return "".join(f" {print_ast(directive)}" for directive in directives)


def variables_in(nodes: Sequence[ArgumentNode | DirectiveNode]) -> frozenset[str]:
    """The names of the variables that arguments and directives use."""
    visitor = _Variables()
    for node in nodes:
        visit(node, visitor)
    return frozenset(visitor.found)


class _Variables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.found.add(node.name.value)
