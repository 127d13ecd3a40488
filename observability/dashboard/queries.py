"""Questions to the store, answered as plain documents."""

import heapq
from collections.abc import Mapping
from typing import Any

import msgspec

from observability.dashboard.errors import BadFilterError, TraceNotFoundError
from observability.dashboard.model import LogLine, Span
from observability.dashboard.store import StoredTrace, TraceStore
from observability.dashboard.tree import Node, build

DEFAULT_LIMIT = 100
MAX_LIMIT = 1_000


class TraceFilter(msgspec.Struct, frozen=True):
    """Which traces to list. `operation` is part of any span's name, in any case; `min_ms` in milliseconds."""

    service: str = ""
    operation: str = ""
    min_ms: float = 0.0
    errors: bool = False
    limit: int = DEFAULT_LIMIT

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "TraceFilter":
        """From query parameters; an empty one counts as absent. Raises BadFilterError."""
        return cls(
            service=query.get("service", ""),
            operation=query.get("operation", ""),
            min_ms=_number(query, "min_ms", 0.0),
            errors=query.get("errors", "").lower() in {"1", "true", "on", "yes"},
            limit=max(1, min(MAX_LIMIT, int(_number(query, "limit", DEFAULT_LIMIT)))),
        )

    def matches(self, trace: StoredTrace) -> bool:
        wanted = self.operation.lower()
        return (
            (not self.service or self.service in trace.services)
            and (not self.errors or trace.errors > 0)
            and trace.end - trace.start >= self.min_ms * 1e6
            and (not wanted or any(wanted in name.lower() for name in trace.names))
        )


class TraceSummary(msgspec.Struct, frozen=True, rename="camel"):
    """One line of the list. `start` in nanoseconds since the epoch; `services` with their number of spans."""

    trace_id: str
    name: str
    service: str
    start: int
    duration_ms: float
    spans: int
    errors: int
    services: dict[str, int]


class TraceDocument(msgspec.Struct, frozen=True):
    """One whole trace."""

    summary: TraceSummary
    roots: list[Node]
    logs: list[LogLine]
    linked_from: list[str]
    dropped: int

    def nodes(self) -> list[Node]:
        """Every node in display order."""
        return [node for root in self.roots for node in root.walk()]


def list_traces(store: TraceStore, wanted: TraceFilter) -> list[TraceSummary]:
    """The latest matching traces, newest first."""
    matching = (trace for trace in store if wanted.matches(trace))
    return [_summary(trace) for trace in heapq.nlargest(wanted.limit, matching, key=lambda trace: trace.start)]


def find_trace(store: TraceStore, trace_id: str) -> TraceDocument:
    """Raises TraceNotFoundError."""
    trace = store.get(trace_id.lower())
    if trace is None or not trace.spans:
        raise TraceNotFoundError(trace_id[:32])
    return TraceDocument(
        summary=_summary(trace),
        roots=build(trace.read_spans()),
        logs=trace.read_logs(),
        linked_from=store.linked_from(trace.trace_id),
        dropped=trace.dropped,
    )


def as_json(document: TraceDocument) -> dict[str, Any]:
    """The trace as one JSON tree: each span with its `children`, and with its own `logs`."""
    own_logs: dict[str, list[LogLine]] = {}
    for line in document.logs:
        own_logs.setdefault(line.span_id, []).append(line)
    built: dict[int, dict[str, Any]] = {}
    # Children before parents, so that no recursion is needed.
    for node in reversed(document.nodes()):
        built[id(node)] = {
            **_span_fields(node.span),
            "logs": own_logs.get(node.span.span_id, []),
            "children": [built.pop(id(child)) for child in node.children],
        }
    return {
        **msgspec.to_builtins(document.summary),
        "roots": [built[id(root)] for root in document.roots],
        "linkedFrom": document.linked_from,
        "dropped": document.dropped,
    }


def _span_fields(span: Span) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(span)
    fields["durationMs"] = (span.end - span.start) / 1e6
    return fields


def _summary(trace: StoredTrace) -> TraceSummary:
    root = trace.root
    return TraceSummary(
        trace_id=trace.trace_id,
        name=root.name if root else "",
        service=root.service if root else "",
        start=trace.start,
        duration_ms=(trace.end - trace.start) / 1e6,
        spans=len(trace.spans),
        errors=trace.errors,
        services=dict(trace.services),
    )


def _number(query: Mapping[str, str], name: str, default: float) -> float:
    text = query.get(name, "")
    if not text:
        return default
    try:
        number = float(text)
    except ValueError:
        raise BadFilterError(name, "a number") from None
    if not 0 <= number < 1e12:
        raise BadFilterError(name, "a number that is not negative")
    return number
