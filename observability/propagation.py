"""W3C trace context: reading the current one, storing it, and coming back to a stored one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from random import getrandbits

from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    format_trace_id,
    get_current_span,
    use_span,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

PROPAGATOR = TraceContextTextMapPropagator()


def current_trace_id() -> str | None:
    """The current trace's id (32 hex digits; an unsampled trace has one too), or None outside of any span."""
    context = get_current_span().get_span_context()
    return format_trace_id(context.trace_id) if context.is_valid else None


def trace_context() -> dict[str, str]:
    """The current context, to store or send: `{"traceparent": ...}`; empty outside of a span."""
    carrier: dict[str, str] = {}
    PROPAGATOR.inject(carrier)
    return carrier


def restored(carrier: Mapping[str, str]) -> Context:
    """The context that `trace_context` stored, for `tracer.start_as_current_span(name, context=...)`.

    An empty or malformed carrier gives an empty context, so the span that starts from it is a root: never
    a child of whatever happens to be current.
    """
    return PROPAGATOR.extract(carrier, context=Context())


def link_to(carrier: Mapping[str, str]) -> list[Link]:
    """One link to the stored span, or none if the carrier names no valid span."""
    context = get_current_span(restored(carrier)).get_span_context()
    return [Link(context)] if context.is_valid else []


@contextmanager
def unrecorded() -> Iterator[None]:
    """What is done in here is recorded neither here nor by whoever is asked: for what is asked over and over."""
    # Neither may be zero: such a context is no context, and who is asked would decide by itself.
    context = SpanContext(getrandbits(128) | 1, getrandbits(64) | 1, is_remote=False)
    with use_span(NonRecordingSpan(context)):
        yield
