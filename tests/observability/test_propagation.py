from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanContext, get_current_span

import observability


def _of(carrier: dict[str, str]) -> SpanContext:
    return get_current_span(observability.restored(carrier)).get_span_context()


def test_a_stored_context_comes_back_as_it_was() -> None:
    with TracerProvider().get_tracer("t").start_as_current_span("request") as span:
        carrier = observability.trace_context()
        assert observability.current_trace_id() == f"{span.get_span_context().trace_id:032x}"
    assert set(carrier) == {"traceparent"}
    assert _of(carrier).trace_id == span.get_span_context().trace_id
    assert _of(carrier).span_id == span.get_span_context().span_id
    assert _of(carrier).trace_flags.sampled


def test_outside_of_a_span_there_is_nothing_to_store() -> None:
    assert observability.current_trace_id() is None
    assert observability.trace_context() == {}
    assert observability.link_to({}) == []


def test_a_broken_carrier_restores_to_no_parent_even_inside_of_a_span() -> None:
    broken = {"traceparent": "00-zz-1-01"}
    with TracerProvider().get_tracer("t").start_as_current_span("request"):
        assert not _of(broken).is_valid
        assert observability.link_to(broken) == []


def test_a_link_points_to_the_stored_span() -> None:
    carrier = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "a=1"}
    (link,) = observability.link_to(carrier)
    assert link.context.trace_id == 0x0AF7651916CD43DD8448EB211C80319C
    assert link.context.span_id == 0xB7AD6B7169203331
    assert link.context.trace_state["a"] == "1"
