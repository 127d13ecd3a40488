"""A domain's executable schema: Strawberry's federation schema, with caches for what repeats."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import GraphQLError
from opentelemetry.trace import get_current_span
from strawberry.extensions import MaxTokensLimiter, ParserCache, SchemaExtension, ValidationCache
from strawberry.federation import Schema
from strawberry.types import ExecutionContext

from subgraphs.edge.subgraph import Subgraph

#: The router sends each operation's fetches over and over; what it sends but once is pushed out.
_CACHED_DOCUMENTS = 1024
_MAX_TOKENS = 20_000


class FederatedSchema(Schema):
    """A federation schema whose errors are reported where they are masked, and not a second time here."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        pass


class OperationSpan(SchemaExtension):
    """Names the request's SERVER span by the operation, as OpenTelemetry's conventions for GraphQL ask."""

    def on_execute(self) -> Iterator[None]:
        span = get_current_span()
        if span.is_recording():
            execution = self.execution_context
            kind, name = execution.operation_type.value, execution.operation_name
            span.set_attribute("graphql.operation.type", kind)
            if name:
                span.set_attribute("graphql.operation.name", name)
            span.update_name(f"{kind} {name}" if name else kind)
        yield


def build_schema(subgraph: Subgraph) -> FederatedSchema:
    """The schema that serves `subgraph`, and prints itself as its SDL."""
    return FederatedSchema(
        query=subgraph.query,
        mutation=subgraph.mutation,
        subscription=subgraph.subscription,
        types=subgraph.types,
        federation_version="2.11",
        extensions=[
            lambda: MaxTokensLimiter(_MAX_TOKENS),
            lambda: ParserCache(maxsize=_CACHED_DOCUMENTS),
            lambda: ValidationCache(maxsize=_CACHED_DOCUMENTS),
            OperationSpan,
        ],
    )
