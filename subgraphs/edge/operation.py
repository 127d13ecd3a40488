"""One GraphQL request, from bytes to bytes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec
from graphql import GraphQLError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from subgraphs.edge.context import Context
from subgraphs.edge.errors import BadRequest, encode, encode_errors, shown_graphql
from subgraphs.edge.schema import FederatedSchema

_ONE_ANSWER = frozenset({OperationType.QUERY, OperationType.MUTATION})


class GraphQLRequest(msgspec.Struct, frozen=True, rename="camel"):
    """The body of a request, as GraphQL over HTTP has it."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


_decoder = msgspec.json.Decoder(GraphQLRequest)


def read_request(body: bytes) -> GraphQLRequest:
    """Decodes a body; raises `BadRequest` for anything but a GraphQL request."""
    try:
        return _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise BadRequest(f"The body is not a GraphQL request: {error}") from None
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None


async def execute(schema: FederatedSchema, request: GraphQLRequest, context: Context) -> bytes:
    """Runs a query or a mutation. Raises `BadRequest` when the document does not say which, or subscribes."""
    try:
        result = await schema.execute(
            request.query,
            variable_values=request.variables,
            context_value=context,
            operation_name=request.operation_name,
            allowed_operation_types=_ONE_ANSWER,
        )
    except MissingQueryError:
        raise BadRequest("The request has no query.") from None
    except CannotGetOperationTypeError as error:
        raise BadRequest(error.as_http_error_reason()) from None
    except InvalidOperationTypeError:
        raise BadRequest("A subscription is answered as text/event-stream: say so in the accept header.") from None
    return _encode_result(result)


async def stream(schema: FederatedSchema, request: GraphQLRequest, context: Context) -> AsyncGenerator[bytes]:
    """Runs an operation of any kind and yields its results, each encoded; what loaders know lasts for one event."""
    results: AsyncGenerator[Any] = await schema.stream(
        request.query,
        variable_values=request.variables,
        context_value=context,
        operation_name=request.operation_name,
    )
    async with aclosing(results):
        try:
            async for result in results:
                context.forget()
                yield _encode_result(result)
        except GraphQLError as error:  # the parser's, which a cached parser raises where no result is made of it
            yield encode_errors(shown_graphql(error, executed=False))


def _encode_result(result: ExecutionResult) -> bytes:
    if not result.errors:
        return encode({"data": result.data})
    executed = not isinstance(result, PreExecutionError)
    errors = [shown_graphql(_as_graphql(error), executed=executed) for error in result.errors]
    return encode({"data": result.data, "errors": errors} if executed else {"errors": errors})


def _as_graphql(error: Exception) -> GraphQLError:
    return error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
