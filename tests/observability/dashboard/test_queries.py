import pytest

from observability.dashboard.errors import BadFilterError, TraceNotFoundError
from observability.dashboard.ingest import accept_logs, accept_traces
from observability.dashboard.queries import MAX_LIMIT, TraceFilter, as_json, find_trace, list_traces
from observability.dashboard.store import TraceStore
from tests.observability.dashboard.otlp import logs, span, trace_id, traces


@pytest.fixture
def store() -> TraceStore:
    store = TraceStore(max_spans=1_000, max_bytes=1024 * 1024)
    for message in (
        traces("trellis-router", span(1, 1, name="mutation placeOrder", at=0, lasts=50)),
        traces("trellis-subgraph-orders", span(1, 2, 1, name="INSERT order", at=5, lasts=5, error="duplicate")),
        traces("trellis-router", span(2, 1, name="query products", at=100, lasts=5)),
        traces("trellis-worker", span(3, 1, name="process billing.charge", at=200, lasts=500)),
    ):
        accept_traces(store, message.SerializeToString(), False)
    return store


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [3, 2, 1]),
        ({"service": "trellis-router"}, [2, 1]),
        ({"service": "trellis-subgraph-orders"}, [1]),
        ({"operation": "PLACEorder"}, [1]),
        ({"operation": "insert"}, [1]),
        ({"min_ms": "50"}, [3, 1]),
        ({"errors": "1"}, [1]),
        ({"errors": "0", "min_ms": "", "limit": "2"}, [3, 2]),
        ({"service": "unknown"}, []),
    ],
)
def test_filters(store: TraceStore, query: dict[str, str], expected: list[int]) -> None:
    assert [int(found.trace_id, 16) for found in list_traces(store, TraceFilter.read(query))] == expected


@pytest.mark.parametrize("query", [{"min_ms": "soon"}, {"min_ms": "-1"}, {"limit": "nan"}, {"limit": "1e99"}])
def test_a_filter_that_makes_no_sense_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(BadFilterError):
        TraceFilter.read(query)


def test_the_limit_is_bounded() -> None:
    assert TraceFilter.read({"limit": "999999"}).limit == MAX_LIMIT
    assert TraceFilter.read({"limit": "0"}).limit == 1


def test_a_trace_as_a_json_tree(store: TraceStore) -> None:
    accept_logs(store, logs("trellis-subgraph-orders", 1, 2, "order.duplicate").SerializeToString(), False)
    retry = span(4, 1, name="retry")
    retry.links.add(trace_id=trace_id(1), span_id=retry.span_id)
    accept_traces(store, traces("trellis-worker", retry).SerializeToString(), False)

    document = as_json(find_trace(store, trace_id(1).hex().upper()))

    assert document["linkedFrom"] == [trace_id(4).hex()]
    (root,) = document["roots"]
    assert (root["name"], root["kind"], root["durationMs"], root["parentId"]) == (
        "mutation placeOrder",
        "SERVER",
        50,
        "",
    )
    (child,) = root["children"]
    assert (child["service"], child["status"], child["statusMessage"]) == (
        "trellis-subgraph-orders",
        "ERROR",
        "duplicate",
    )
    assert [line.body for line in child["logs"]] == ["order.duplicate"]
    assert as_json(find_trace(store, trace_id(4).hex()))["roots"][0]["links"][0]["traceId"] == trace_id(1).hex()


@pytest.mark.parametrize("unknown", ["", "x", "0" * 32, "f" * 500])
def test_an_unknown_trace(store: TraceStore, unknown: str) -> None:
    with pytest.raises(TraceNotFoundError):
        find_trace(store, unknown)


def test_a_trace_of_which_only_log_lines_arrived_is_not_listed(store: TraceStore) -> None:
    accept_logs(store, logs("trellis-worker", 9, 1, "early").SerializeToString(), False)
    assert 9 not in [int(found.trace_id, 16) for found in list_traces(store, TraceFilter())]
    with pytest.raises(TraceNotFoundError):
        find_trace(store, trace_id(9).hex())
