import gc

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from observability.dashboard.decode import read_logs
from observability.dashboard.ingest import accept_logs, accept_traces
from observability.dashboard.queries import TraceFilter, find_trace, list_traces
from observability.dashboard.store import RECORD_OVERHEAD, TraceStore
from tests.observability.dashboard.otlp import logs, span, trace_id, traces

MB = 1024 * 1024


def _put(store: TraceStore, *spans: Span, service: str = "trellis-router") -> None:
    accept_traces(store, traces(service, *spans).SerializeToString(), False)


def _ids(store: TraceStore) -> list[int]:
    return [int(trace.trace_id, 16) for trace in store]


def test_the_oldest_trace_goes_first_when_the_count_is_reached() -> None:
    store = TraceStore(max_spans=6, max_bytes=MB)
    for trace in (1, 2, 3):
        _put(store, span(trace, 1), span(trace, 2, 1))
    assert _ids(store) == [1, 2, 3]
    _put(store, span(4, 1))
    assert _ids(store) == [2, 3, 4]
    assert store.spans == 5
    assert store.evicted == 1


def test_bytes_are_bounded_as_well_as_spans() -> None:
    large = "x" * 10_000
    store = TraceStore(max_spans=1_000, max_bytes=35_000)
    for trace in range(1, 21):
        _put(store, span(trace, 1, name=large))
        assert store.bytes <= 35_000
    assert _ids(store) == [18, 19, 20]


def test_log_lines_count_too() -> None:
    store = TraceStore(max_spans=4, max_bytes=MB)
    _put(store, span(1, 1))
    _put(store, span(2, 1))
    for _ in range(3):
        accept_logs(store, logs("s", 2, 1, "late").SerializeToString(), False)
    assert _ids(store) == [2]
    assert store.spans == 4


def test_one_endless_trace_neither_grows_without_bound_nor_empties_the_store() -> None:
    store = TraceStore(max_spans=5, max_bytes=MB)
    _put(store, *[span(1, number) for number in range(1, 9)])
    assert store.spans == 5
    assert find_trace(store, trace_id(1).hex()).dropped == 3


def test_what_goes_gives_back_all_it_took() -> None:
    store = TraceStore(max_spans=1, max_bytes=MB)
    linked = span(1, 1)
    linked.links.add(trace_id=trace_id(9), span_id=bytes(8))
    _put(store, linked, service="one-of-many")
    assert store.linked_from(trace_id(9).hex()) == [trace_id(1).hex()]
    message = span(2, 1)
    _put(store, message)
    assert store.linked_from(trace_id(9).hex()) == []
    assert store.bytes == len(message.SerializeToString()) + RECORD_OVERHEAD
    gc.collect()
    assert len(store._resources) == 1


def test_a_retried_export_changes_nothing() -> None:
    store = TraceStore(max_spans=100, max_bytes=MB)
    _put(store, span(1, 1, error="bad"))
    before = (store.spans, store.bytes)
    _put(store, span(1, 1, error="bad"))
    assert (store.spans, store.bytes) == before
    assert list_traces(store, TraceFilter())[0].errors == 1


def test_a_summary_follows_what_arrives_in_any_order() -> None:
    store = TraceStore(max_spans=100, max_bytes=MB)
    _put(store, span(1, 3, 2, name="INSERT order", at=5, lasts=4, error="x"), service="trellis-subgraph-orders")
    assert list_traces(store, TraceFilter())[0].name == "INSERT order"
    _put(store, span(1, 1, name="mutation placeOrder", at=2, lasts=40))
    _put(store, span(1, 2, 1, name="POST /graphql", at=3, lasts=60), service="trellis-subgraph-orders")
    (summary,) = list_traces(store, TraceFilter())
    assert (summary.name, summary.service) == ("mutation placeOrder", "trellis-router")
    assert summary.duration_ms == 61
    assert (summary.spans, summary.errors) == (3, 1)
    assert summary.services == {"trellis-subgraph-orders": 2, "trellis-router": 1}


def test_ids_of_a_wrong_length_are_left_out() -> None:
    store = TraceStore(max_spans=100, max_bytes=MB)
    _put(store, Span(trace_id=b"short", span_id=bytes(8)), Span(trace_id=bytes(16), span_id=b""), span(1, 1))
    assert store.spans == 1


def test_log_lines_without_a_trace_are_left_out() -> None:
    message = logs("s", 1, 1, "x")
    message.resource_logs[0].scope_logs[0].log_records[0].trace_id = b""
    assert list(read_logs(message)) == []
