"""Stage: the HTTP request to a GraphQL request (GraphQL over HTTP: POST with JSON, GET with a query string)."""

from __future__ import annotations

from urllib.parse import parse_qsl

import msgspec

from router.gateway.context import GraphQLRequest, RequestContext
from router.gateway.errors import BadRequestError
from router.gateway.incremental_form import IncrementalForm, incremental_form
from router.gateway.media_type import MediaType, negotiate, read_media_type
from router.gateway.placed_files import put_in


class _Body(msgspec.Struct, rename="camel"):
    query: str | None = None
    operation_name: str | None = None
    variables: dict[str, object] | None = None
    extensions: dict[str, object] | None = None
    document_id: str | None = None


_decode_body = msgspec.json.Decoder(_Body).decode
_decode_object = msgspec.json.Decoder(dict[str, object] | None).decode
_JSON_TYPES = frozenset({"application/json", "application/graphql+json"})


async def parse_body(context: RequestContext) -> None:
    """Raises BadRequestError: 400 malformed, 405 other methods, 406 and 415 other media types."""
    # The response's media type first: it decides how everything after this fails.
    accept = context.headers.get("accept", "")
    context.incremental = incremental_form(accept)
    media_type = negotiate(accept) or (MediaType.MULTIPART if context.incremental else None)
    if media_type is None:
        raise BadRequestError(f"this endpoint answers with {', '.join(MediaType)}", 406)
    context.media_type = media_type
    if media_type is MediaType.EVENT_STREAM:
        context.incremental = context.incremental or IncrementalForm.DEFER_2022
    if context.method == "POST":
        context.request = _from_post(context)
    elif context.method == "GET":
        context.request = _from_get(context.query_string)
    else:
        raise BadRequestError("GraphQL is asked by POST or GET", 405)


def _from_post(context: RequestContext) -> GraphQLRequest:
    if context.uploads is None:
        _check_type(context.headers.get("content-type", ""))
    try:
        body = _decode_body(context.body)
    except msgspec.ValidationError as error:
        raise BadRequestError(f"the body is no GraphQL request: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequestError("the body is not valid JSON") from error
    variables = body.variables or {}
    if context.uploads:
        put_in(variables, context.uploads)
    return GraphQLRequest(
        body.query or "", body.operation_name or None, variables, body.extensions or {}, body.document_id
    )


def _check_type(content_type: str) -> None:
    if content_type == "application/json":
        return
    sent = read_media_type(content_type)
    if sent.name not in _JSON_TYPES:
        raise BadRequestError("the body must be application/json", 415)
    if sent.parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise BadRequestError("the body must be in UTF-8", 415)


def _from_get(query_string: bytes) -> GraphQLRequest:
    try:
        parameters = dict(
            parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50)
        )
        variables = _decode_object(parameters["variables"] or "null") if "variables" in parameters else {}
        extensions = _decode_object(parameters["extensions"] or "null") if "extensions" in parameters else {}
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BadRequestError("the query string is no GraphQL request") from error
    return GraphQLRequest(
        parameters.get("query", ""),
        parameters.get("operationName") or None,
        variables or {},
        extensions or {},
        parameters.get("documentId"),
    )
