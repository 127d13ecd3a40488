"""CLIENT spans of outgoing aiohttp requests, and the trace context in their headers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace

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


async def _started(session: ClientSession, state: SimpleNamespace, params: TraceRequestStartParams) -> None:
    current = get_current_span()
    if not current.is_recording():
        if current.get_span_context().is_valid:
            PROPAGATOR.inject(params.headers)
        return
    asked = getattr(state, "trace_request_ctx", None)
    custom = asked if isinstance(asked, RequestSpan) else RequestSpan(params.method)
    span = _tracer.start_span(custom.name, kind=SpanKind.CLIENT)
    url = params.url
    span.set_attributes(
        {
            "http.request.method": params.method,
            # Without user, password and query: they may be secrets.
            "url.full": f"{url.scheme}://{url.host}:{url.port}{url.raw_path}",
            "server.address": url.host or "",
            "server.port": url.port or 0,
            **custom.attributes,
        }
    )
    PROPAGATOR.inject(params.headers, context=set_span_in_context(span))
    state.span = span


async def _ended(session: ClientSession, state: SimpleNamespace, params: TraceRequestEndParams) -> None:
    span: Span | None = getattr(state, "span", None)
    if span is None:
        return
    status = params.response.status
    span.set_attribute("http.response.status_code", status)
    if status >= 400:
        span.set_attribute("error.type", str(status))
        span.set_status(StatusCode.ERROR)
    span.end()


async def _failed(
    session: ClientSession,
    state: SimpleNamespace,
    params: TraceRequestExceptionParams,
) -> None:
    span: Span | None = getattr(state, "span", None)
    if span is None:
        return
    kind = type(params.exception).__name__
    span.set_attribute("error.type", kind)
    span.set_status(StatusCode.ERROR, kind)
    span.end()
