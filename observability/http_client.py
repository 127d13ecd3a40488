"""CLIENT spans of outgoing aiohttp requests, and the trace context in their headers."""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from weakref import WeakKeyDictionary

from aiohttp import (
    ClientSession,
    TraceConfig,
    TraceRequestEndParams,
    TraceRequestExceptionParams,
    TraceRequestStartParams,
)
from opentelemetry.trace import Span, SpanKind, StatusCode, get_current_span, get_tracer, set_span_in_context
from opentelemetry.util.types import AttributeValue

from observability.propagation import PROPAGATOR

_tracer = get_tracer(__name__)
_contexts: WeakKeyDictionary[Span, dict[str, str]] = WeakKeyDictionary()
"""Of spans that are not recorded: all requests within one carry the same, so it is put together once."""


@dataclass(frozen=True, slots=True)
class RequestSpan:
    """How to call a request's span: `session.post(url, trace_request_ctx=RequestSpan("orders"))`.

    Without it, the span is named by the method alone, since an address is no name of low cardinality.
    """

    name: str
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)


def trace_config() -> TraceConfig:
    """For `ClientSession(trace_configs=[trace_config()])`.

    A request inside a trace carries `traceparent`; inside a recorded trace it has a CLIENT span until the
    response's headers are there. Outside of a trace nothing happens.
    """
    config = TraceConfig()
    config.on_request_start.append(_started)
    config.on_request_end.append(_ended)
    config.on_request_exception.append(_failed)
    return config


def start_span(asked: RequestSpan, headers: MutableMapping[str, str]) -> Span | None:
    """The request's CLIENT span, where the current one is recorded; the headers get the context in any case."""
    current = get_current_span()
    if not current.is_recording():
        if current.get_span_context().is_valid:
            headers.update(_context_of(current))
        return None
    span = _tracer.start_span(asked.name, kind=SpanKind.CLIENT)
    span.set_attributes(dict(asked.attributes))
    PROPAGATOR.inject(headers, context=set_span_in_context(span))
    return span


def _context_of(span: Span) -> Mapping[str, str]:
    known = _contexts.get(span)
    if known is None:
        known = _contexts[span] = {}
        PROPAGATOR.inject(known, context=set_span_in_context(span))
    return known


def end_span(span: Span, status: int) -> None:
    """The response's headers are there."""
    span.set_attribute("http.response.status_code", status)
    if status >= 400:
        span.set_attribute("error.type", str(status))
        span.set_status(StatusCode.ERROR)
    span.end()


def fail_span(span: Span, error: BaseException) -> None:
    """There will be no response."""
    kind = type(error).__name__
    span.set_attribute("error.type", kind)
    span.set_status(StatusCode.ERROR, kind)
    span.end()


def request_attributes(method: str, scheme: str, host: str, port: int, path: str) -> dict[str, AttributeValue]:
    """What the conventions say of a request; without user, password and query, which may be secrets."""
    return {
        "http.request.method": method,
        "url.full": f"{scheme}://{host}:{port}{path}",
        "server.address": host,
        "server.port": port,
    }


async def _started(session: ClientSession, state: SimpleNamespace, params: TraceRequestStartParams) -> None:
    asked = getattr(state, "trace_request_ctx", None)
    custom = asked if isinstance(asked, RequestSpan) else RequestSpan(params.method)
    url = params.url
    target = request_attributes(params.method, url.scheme, url.host or "", url.port or 0, url.raw_path)
    state.span = start_span(RequestSpan(custom.name, {**target, **custom.attributes}), params.headers)


async def _ended(session: ClientSession, state: SimpleNamespace, params: TraceRequestEndParams) -> None:
    span: Span | None = getattr(state, "span", None)
    if span is not None:
        end_span(span, params.response.status)


async def _failed(
    session: ClientSession,
    state: SimpleNamespace,
    params: TraceRequestExceptionParams,
) -> None:
    span: Span | None = getattr(state, "span", None)
    if span is not None:
        fail_span(span, params.exception)
