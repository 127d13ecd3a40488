"""INVALID_GRAPHQL: a subgraph that is no GraphQL schema, federation or not."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    DirectiveNode,
    ExecutableDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    Undefined,
    Visitor,
    build_ast_schema,
    print_ast,
    validate_schema,
    value_from_ast,
    visit,
)
from graphql.validation.validate import validate_sdl

from router.composition.declarations import applications
from router.composition.errors import CompositionError
from router.composition.federation_spec import NEWEST, directives
from router.composition.merged import Graph
from router.composition.places import places_of_error
from router.composition.plain_graphql import plain_document
from router.composition.subgraph import SubgraphSchema

# A subgraph may leave the queries to others; NO_QUERIES reports it where all do.
_NO_QUERY = "Query root type must be provided."
# Most schemas that run today are older than this rule of the standard.
_DEPRECATED_ALONE = "must not be deprecated."


def invalid_graphql(graph: Graph) -> Iterator[CompositionError]:
    """By itself each subgraph is a valid schema. (What does not parse is reported before any rule runs.)"""
    for sub in graph.subgraphs:
        not_imported = {
            f"Unknown directive '@{applied.written}'."
            for applied in applications(sub)
            if not applied.spec and applied.written in directives(NEWEST)
        }
        for error in _errors(sub):
            advice = " Federation's own is imported with @link." if error.message in not_imported else ""
            yield CompositionError("INVALID_GRAPHQL", error.message + advice, places_of_error(error, sub.name))


def _errors(sub: SubgraphSchema) -> list[GraphQLError]:
    document = plain_document(sub)
    errors = [
        GraphQLError("An operation or a fragment is no part of a schema.", node)
        for node in document.definitions
        if isinstance(node, ExecutableDefinitionNode)
    ]
    errors += validate_sdl(document)
    if errors:
        return errors
    schema = build_ast_schema(document, assume_valid_sdl=True)
    arguments = _Arguments(schema)
    visit(document, arguments)
    found = [*validate_schema(schema), *arguments.errors]
    return [error for error in found if error.message != _NO_QUERY and not error.message.endswith(_DEPRECATED_ALONE)]


class _Arguments(Visitor):
    """Arguments of directives that are not of their types, which graphql-core leaves unchecked in SDL."""

    def __init__(self, schema: GraphQLSchema) -> None:
        super().__init__()
        self.schema = schema
        self.errors: list[GraphQLError] = []

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        definition = self.schema.get_directive(node.name.value)
        for argument in node.arguments or ():
            known = definition.args.get(argument.name.value) if definition else None
            if known is not None and value_from_ast(argument.value, known.type) is Undefined:
                where = f"@{node.name.value}({argument.name.value}:)"
                message = f"{print_ast(argument.value)} is no value for {where}, which is {known.type}."
                self.errors.append(GraphQLError(message, argument.value))
