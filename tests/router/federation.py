"""Real subgraphs for tests: graphql-core over one shared set of records, each showing only its own part.

Records are dicts with a `__typename`. A subgraph finds an entity by whatever its representation names, and
computes a field with `@requires` from the representation alone, so that an input the router fails to send is an
error and not a lucky guess.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    build_ast_schema,
    execute,
    parse,
    print_ast,
    subscribe,
)
from graphql.language import DocumentNode, ObjectTypeDefinitionNode, TypeDefinitionNode

FEDERATION = """
directive @link(url: String, as: String, import: [String]) repeatable on SCHEMA
directive @key(fields: String!, resolvable: Boolean) repeatable on OBJECT | INTERFACE
directive @shareable on OBJECT | FIELD_DEFINITION
directive @external on OBJECT | FIELD_DEFINITION
directive @interfaceObject on OBJECT
directive @requires(fields: String!) on FIELD_DEFINITION
directive @provides(fields: String!) on FIELD_DEFINITION
directive @override(from: String!, label: String) on FIELD_DEFINITION
directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ENUM | ENUM_VALUE | SCALAR
  | INPUT_OBJECT | INPUT_FIELD_DEFINITION | ARGUMENT_DEFINITION
directive @tag(name: String!) repeatable on FIELD_DEFINITION | OBJECT
directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE
directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE
directive @policy(policies: [[String!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE
directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT
  | SCALAR
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!],
  requireOneSlicingArgument: Boolean) on FIELD_DEFINITION
directive @context(name: String!) repeatable on INTERFACE | OBJECT | UNION
directive @fromContext(field: String) on ARGUMENT_DEFINITION
scalar _Any
type _Service { sdl: String! }
"""
Record = dict[str, Any]
Resolver = Callable[..., Any]
LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.11", import: ["@key", "@shareable", '
    '"@external", "@requires", "@provides", "@override", "@inaccessible", "@tag", "@authenticated", '
    '"@requiresScopes", "@policy", "@cost", "@listSize", "@context", "@fromContext", "@interfaceObject"])\n'
)


@dataclass
class TestSubgraph:
    """An executable subgraph. `find(typename, representation)` gives the record of an entity."""

    __test__ = False
    name: str
    sdl: str
    resolvers: Mapping[str, Resolver]
    find: Callable[[str, Record], Record | None]
    sent: list[dict[str, Any]] = field(default_factory=list)
    schema: GraphQLSchema = field(init=False)

    def __post_init__(self) -> None:
        self.schema = executable(self.sdl, self.resolvers, self.find)

    async def answer(self, request: Mapping[str, Any], context: Any = None) -> dict[str, Any]:
        """The response to a request, as over HTTP."""
        self.sent.append(dict(request))
        result: Any = execute(
            self.schema,
            parse(request["query"]),
            variable_values=request.get("variables") or {},
            operation_name=request.get("operationName"),
            context_value=context,
        )
        if hasattr(result, "__await__"):
            result = await result
        return dict(result.formatted)

    async def events(self, request: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """The responses of a subscription."""
        self.sent.append(dict(request))
        result: Any = subscribe(self.schema, parse(request["query"]), variable_values=request.get("variables") or {})
        if hasattr(result, "__await__"):
            result = await result
        if not hasattr(result, "__aiter__"):
            yield dict(result.formatted)
            return
        async for item in result:
            yield dict(item.formatted)


def executable(
    sdl: str, resolvers: Mapping[str, Resolver], find: Callable[[str, Record], Record | None]
) -> GraphQLSchema:
    """A subgraph's schema with federation's own fields and the given resolvers (`Type.field`)."""
    document = parse(sdl)
    entities = [
        node.name.value
        for node in document.definitions
        if isinstance(node, TypeDefinitionNode)
        and isinstance(node, ObjectTypeDefinitionNode)
        and any(directive.name.value == "key" for directive in node.directives or ())
    ]
    has_query = any(
        isinstance(node, ObjectTypeDefinitionNode) and node.name.value == "Query" for node in document.definitions
    )
    extra = FEDERATION
    if entities:
        extra += f"union _Entity = {' | '.join(entities)}\n"
        fields = "_service: _Service! _entities(representations: [_Any!]!): [_Entity]!"
    else:
        fields = "_service: _Service!"
    extra += f"{'extend ' if has_query else ''}type Query {{ {fields} }}"
    schema = build_ast_schema(_merged(document, parse(extra)), assume_valid_sdl=True)
    query = schema.query_type
    assert query is not None
    query.fields["_service"].resolve = lambda *_: {"sdl": sdl}
    if entities:
        query.fields["_entities"].resolve = _entities(find)
    bind(schema, resolvers)
    return schema


def bind(schema: GraphQLSchema, resolvers: Mapping[str, Resolver]) -> None:
    """Puts the resolvers of the types and fields the schema has into it."""
    for coordinates, resolver in resolvers.items():
        type_name, _, field_name = coordinates.partition(".")
        type_ = schema.get_type(type_name)
        if isinstance(type_, GraphQLObjectType) and field_name in type_.fields:
            if type_ is schema.subscription_type:
                type_.fields[field_name].subscribe = resolver
                type_.fields[field_name].resolve = lambda event, _info, **_args: event
            else:
                type_.fields[field_name].resolve = resolver


def _entities(find: Callable[[str, Record], Record | None]) -> Resolver:
    def resolve(_: Any, __: Any, representations: list[Record]) -> list[Any]:
        found: list[Any] = []
        for representation in representations:
            record = find(representation["__typename"], representation)
            # What was sent beside the key is all that a @requires may look at.
            found.append(None if record is None else {**record, "__sent": representation})
        return found

    return resolve


def _merged(document: DocumentNode, extra: DocumentNode) -> DocumentNode:
    # An extension of a schema nobody defined, as federation writes it, is no schema to graphql-core; and
    # _service and _entities may be there already.
    drop = {"_Any", "_Service", "_Entity"}
    kept = [
        node
        for node in document.definitions
        if "schema" not in node.kind and getattr(getattr(node, "name", None), "value", "") not in drop
    ]
    text = "\n\n".join(print_ast(node) for node in kept)
    for line in ("_service: _Service!", "_entities(representations: [_Any!]!): [_Entity]!"):
        text = text.replace(line, "")
    schema = [node for node in document.definitions if node.kind == "schema_definition"]
    roots = [print_ast(root) for node in schema for root in getattr(node, "operation_types", ())]
    text += f"\nschema {{ {' '.join(roots)} }}" if roots else ""
    return parse(text + "\n" + "\n\n".join(print_ast(node) for node in extra.definitions))


def refuse(message: str, code: str) -> GraphQLError:
    """An error with a code, for resolvers."""
    return GraphQLError(message, extensions={"code": code})
