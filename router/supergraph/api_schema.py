"""The schema clients see: the supergraph document without federation and without what is inaccessible."""

from __future__ import annotations

from graphql import (
    REMOVE,
    DirectiveDefinitionNode,
    DocumentNode,
    GraphQLDeferDirective,
    GraphQLSchema,
    Node,
    OperationTypeDefinitionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    TypeDefinitionNode,
    Visitor,
    VisitorAction,
    build_ast_schema,
    specified_directives,
    validate_schema,
    visit,
)

_MACHINERY = ("join__", "link__", "core__", "federation__", "policy__", "requiresScopes__", "context__")
_PUBLIC_DIRECTIVES = frozenset(directive.name for directive in specified_directives)


def api_schema(document: DocumentNode) -> GraphQLSchema:
    """Strips the document and builds it. Raises TypeError or GraphQLError when what is left is no schema."""
    hidden_types = {
        definition.name.value
        for definition in document.definitions
        if isinstance(definition, TypeDefinitionNode) and is_inaccessible(definition)
    }
    stripped = visit(document, _Strip(hidden_types))
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
    def __init__(self, hidden_types: set[str]) -> None:
        super().__init__()
        self.hidden_types = hidden_types

    def enter(self, node: Node, *_: object) -> VisitorAction:
        if isinstance(node, DirectiveDefinitionNode):
            return REMOVE
        if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
            return None
        name = node.name.value if isinstance(node, TypeDefinitionNode) else ""
        if name.startswith(_MACHINERY) or is_inaccessible(node):
            return REMOVE
        return None

    def enter_directive(self, node: Node, *_: object) -> VisitorAction:
        name = getattr(node, "name", None)
        return None if name is not None and name.value in _PUBLIC_DIRECTIVES else REMOVE

    def enter_operation_type_definition(self, node: OperationTypeDefinitionNode, *_: object) -> VisitorAction:
        return REMOVE if node.type.name.value in self.hidden_types else None

    def enter_named_type(self, node: Node, *_: object) -> VisitorAction:
        # Reached for interfaces a type implements and for members of a union: both may be hidden types.
        name = getattr(node, "name", None)
        return REMOVE if name is not None and name.value in self.hidden_types else None
