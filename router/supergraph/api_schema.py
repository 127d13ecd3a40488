"""The schema clients see: the supergraph document without federation and without what is inaccessible.

Of directives it has those for operations, which all subgraphs know: they are handed on with what they are written on.
"""

from __future__ import annotations

from dataclasses import replace

from graphql import (
    REMOVE,
    DirectiveDefinitionNode,
    DocumentNode,
    GraphQLDeferDirective,
    GraphQLSchema,
    InputValueDefinitionNode,
    ListTypeNode,
    NamedTypeNode,
    Node,
    NonNullTypeNode,
    OperationTypeDefinitionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    TypeDefinitionNode,
    TypeNode,
    Visitor,
    VisitorAction,
    build_ast_schema,
    specified_directives,
    validate_schema,
    visit,
)

from router.supergraph.directive_locations import EXECUTABLE_LOCATIONS
from router.supergraph.linked_names import LinkedDirectives

_MACHINERY = ("join__", "link__", "core__", "federation__", "policy__", "requiresScopes__", "context__")
_PUBLIC_DIRECTIVES = frozenset(directive.name for directive in specified_directives)
# What the router itself decides on, whatever subgraphs define.
_OF_THE_ROUTER = _PUBLIC_DIRECTIVES | {"defer", "stream"}


def api_schema(document: DocumentNode) -> GraphQLSchema:
    """Strips the document and builds it. Raises TypeError or GraphQLError when what is left is no schema."""
    hidden_types = {
        definition.name.value
        for definition in document.definitions
        if isinstance(definition, TypeDefinitionNode) and is_inaccessible(definition)
    }
    stripped = visit(document, _Strip(hidden_types, LinkedDirectives(document)))
    schema = build_ast_schema(stripped, assume_valid_sdl=True)
    # Clients may defer what they like: that is between them and the router.
    schema.directives = (*schema.directives, GraphQLDeferDirective)
    # Subgraphs of before the rule that an implementation is deprecated only with its interface still run.
    problems = [problem for problem in validate_schema(schema) if "must not be deprecated" not in problem.message]
    if problems:
        raise problems[0]
    return schema


def is_inaccessible(node: Node) -> bool:
    """Whether the element carries `@inaccessible`."""
    directives = getattr(node, "directives", None) or ()
    return any(directive.name.value == "inaccessible" for directive in directives)


class _Strip(Visitor):
    def __init__(self, hidden_types: set[str], linked: LinkedDirectives) -> None:
        super().__init__()
        self.hidden_types = hidden_types
        self.linked = linked

    def enter(self, node: Node, *_: object) -> VisitorAction | Node:
        if isinstance(node, DirectiveDefinitionNode):
            return self._for_operations(node) or REMOVE
        if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
            return None
        name = node.name.value if isinstance(node, TypeDefinitionNode) else ""
        if name.startswith(_MACHINERY) or is_inaccessible(node):
            return REMOVE
        return None

    def _for_operations(self, node: DirectiveDefinitionNode) -> DirectiveDefinitionNode | None:
        """The directive as far as clients may write it; None where they may not."""
        name = node.name.value
        locations = tuple(location for location in node.locations if location.value in EXECUTABLE_LOCATIONS)
        if not locations or name in _OF_THE_ROUTER or name in self.linked or name.startswith(_MACHINERY):
            return None
        if any(self._is_hidden(argument) for argument in node.arguments or ()):
            return None
        return replace(node, locations=locations)

    def _is_hidden(self, argument: InputValueDefinitionNode) -> bool:
        type_: TypeNode = argument.type
        while isinstance(type_, ListTypeNode | NonNullTypeNode):
            type_ = type_.type
        return isinstance(type_, NamedTypeNode) and type_.name.value in self.hidden_types

    def enter_directive(self, node: Node, *_: object) -> VisitorAction:
        name = getattr(node, "name", None)
        return None if name is not None and name.value in _PUBLIC_DIRECTIVES else REMOVE

    def enter_operation_type_definition(self, node: OperationTypeDefinitionNode, *_: object) -> VisitorAction:
        return REMOVE if node.type.name.value in self.hidden_types else None

    def enter_named_type(self, node: Node, *_: object) -> VisitorAction:
        # Reached for interfaces a type implements and for members of a union: both may be hidden types.
        name = getattr(node, "name", None)
        return REMOVE if name is not None and name.value in self.hidden_types else None
