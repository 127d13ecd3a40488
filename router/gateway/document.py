"""Stage: the document as a compiled operation, and whether this kind of request may run it."""

from __future__ import annotations

from collections.abc import Callable

from graphql import OperationType
from opentelemetry import trace

from router.gateway.context import RequestContext, Stage
from router.gateway.documents import Documents
from router.gateway.errors import BadRequestError, NotReadyError
from router.gateway.media_type import MediaType


def document_stage(documents: Callable[[], Documents | None]) -> Stage:
    """`documents` gives the cache of the supergraph in force; None while there is none."""

    async def read_document(context: RequestContext) -> None:
        current = documents()
        if current is None:
            raise NotReadyError("the supergraph is not composed yet")
        asked = context.asked
        context.cache = current.cache
        context.operation = await current.get(asked.query, asked.operation_name)
        kind = context.operation.plan.kind
        _name_span(kind, context.operation.plan.operation.name)
        if context.method == "GET" and kind is OperationType.MUTATION:
            raise BadRequestError("mutations are asked by POST", 405)
        streams = context.media_type is MediaType.EVENT_STREAM
        if kind is OperationType.SUBSCRIPTION and not streams:
            raise BadRequestError("a subscription is answered as text/event-stream or over a websocket", 406)

    return read_document


def _name_span(kind: OperationType, name: str | None) -> None:
    span = trace.get_current_span()
    if not span.is_recording():
        return
    # The conventions name the span by type alone, because names are the client's to invent; ours are bounded
    # by the documents that validated, and a list of traces without names is of little use.
    span.update_name(f"{kind.value} {name}" if name else kind.value)
    span.set_attribute("graphql.operation.type", kind.value)
    if name:
        span.set_attribute("graphql.operation.name", name)
