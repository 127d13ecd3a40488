"""The bounded memory of recent traces.

Spans stay in their wire form (a few hundred bytes instead of kilobytes of Python objects) and are read only when
somebody looks at their trace; what the list of traces needs is summed up as they arrive.
"""

import sys
from collections.abc import Iterator
from typing import Any
from weakref import WeakValueDictionary

import msgspec
from opentelemetry.proto.resource.v1.resource_pb2 import Resource as ResourceMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from observability.dashboard.decode import read_attributes, read_span, service_of
from observability.dashboard.model import LogLine, Span

SPANS_PER_TRACE = 10_000
LOGS_PER_TRACE = 2_000
RECORD_OVERHEAD = 200  # bytes of bookkeeping for each kept span or log line, roughly


class Resource:
    """The sender of spans; shared by all its spans, gone with the last of them."""

    __slots__ = ("__weakref__", "attributes", "service")

    def __init__(self, attributes: dict[str, Any]) -> None:
        self.attributes = attributes
        self.service = sys.intern(service_of(attributes))


class StoredSpan:
    """A span as it came."""

    __slots__ = ("raw", "resource", "scope")

    def __init__(self, raw: bytes, resource: Resource, scope: str) -> None:
        self.raw = raw
        self.resource = resource
        self.scope = scope


class StoredTrace:
    """One trace: its spans and logs in their stored form, and its summary, kept up to date."""

    __slots__ = (
        "bytes",
        "dropped",
        "end",
        "errors",
        "links_to",
        "logs",
        "names",
        "root",
        "services",
        "spans",
        "start",
        "trace_id",
    )

    def __init__(self, trace_id: str) -> None:
        self.trace_id = trace_id
        self.spans: dict[bytes, StoredSpan] = {}
        self.logs: list[bytes] = []
        self.bytes = 0
        self.dropped = 0
        self.start = 0
        self.end = 0
        self.errors = 0
        self.names: set[str] = set()
        self.links_to: set[str] = set()
        self.services: dict[str, int] = {}
        self.root: Root | None = None

    def count(self) -> int:
        return len(self.spans) + len(self.logs)

    def read_spans(self) -> list[Span]:
        """All spans, decoded, by start time."""
        read = [
            read_span(SpanMessage.FromString(stored.raw), stored.resource.attributes, stored.scope)
            for stored in self.spans.values()
        ]
        return sorted(read, key=lambda span: (span.start, -span.end))

    def read_logs(self) -> list[LogLine]:
        """All log lines, decoded, by time."""
        return sorted((_log_decoder.decode(raw) for raw in self.logs), key=lambda line: line.at)


class Root(msgspec.Struct, frozen=True):
    """The span that names a trace: the one without a parent or, until it arrives, the earliest."""

    is_root: bool
    start: int
    name: str
    service: str

    def rank(self) -> tuple[bool, int]:
        return (not self.is_root, self.start)


_log_encoder = msgspec.msgpack.Encoder()
_log_decoder = msgspec.msgpack.Decoder(LogLine)


class TraceStore:
    """The most recent traces, bounded by count (spans and log lines) and by bytes; the oldest trace goes first."""

    def __init__(self, max_spans: int, max_bytes: int) -> None:
        self.max_spans = max_spans
        self.max_bytes = max_bytes
        self.spans = 0  # spans and log lines held
        self.bytes = 0
        self.evicted = 0  # traces
        self.metrics = 0  # accepted, not kept
        self._traces: dict[str, StoredTrace] = {}
        self._resources: WeakValueDictionary[bytes, Resource] = WeakValueDictionary()
        self._linked_from: dict[str, set[str]] = {}

    def __iter__(self) -> Iterator[StoredTrace]:
        """The traces that have spans, in order of their first arrival."""
        return (trace for trace in self._traces.values() if trace.spans)

    def get(self, trace_id: str) -> StoredTrace | None:
        return self._traces.get(trace_id)

    def services(self) -> list[str]:
        return sorted({service for trace in self for service in trace.services})

    def linked_from(self, trace_id: str) -> list[str]:
        """The stored traces that link to this one."""
        return sorted(self._linked_from.get(trace_id, ()))

    def resource(self, message: ResourceMessage) -> Resource:
        """The one shared object of a sender."""
        key = message.SerializeToString()
        found = self._resources.get(key)
        if found is None:
            found = self._resources[key] = Resource(read_attributes(message.attributes))
        return found

    def add_span(self, resource: Resource, scope: str, message: SpanMessage) -> None:
        """Keep a span. One that is there already (a retried export) changes nothing."""
        trace = self._trace(message.trace_id.hex())
        if message.span_id in trace.spans:
            return
        if len(trace.spans) >= min(SPANS_PER_TRACE, self.max_spans):
            trace.dropped += 1
            return
        raw = message.SerializeToString()
        trace.spans[message.span_id] = StoredSpan(raw, resource, sys.intern(scope))
        _summarise(trace, message, resource.service)
        for link in message.links:
            target = link.trace_id.hex()
            if target != trace.trace_id:
                trace.links_to.add(target)
                self._linked_from.setdefault(target, set()).add(trace.trace_id)
        self._grown(trace, len(raw))

    def add_log(self, line: LogLine) -> None:
        """Keep a log line with its trace."""
        trace = self._trace(line.trace_id)
        if len(trace.logs) >= min(LOGS_PER_TRACE, self.max_spans):
            trace.dropped += 1
            return
        raw = _log_encoder.encode(line)
        trace.logs.append(raw)
        self._grown(trace, len(raw))

    def _trace(self, trace_id: str) -> StoredTrace:
        trace = self._traces.get(trace_id)
        if trace is None:
            trace = self._traces[trace_id] = StoredTrace(trace_id)
        return trace

    def _grown(self, trace: StoredTrace, size: int) -> None:
        trace.bytes += size + RECORD_OVERHEAD
        self.bytes += size + RECORD_OVERHEAD
        self.spans += 1
        while self.spans > self.max_spans or self.bytes > self.max_bytes:
            self._evict(next(iter(self._traces.values())))

    def _evict(self, trace: StoredTrace) -> None:
        del self._traces[trace.trace_id]
        self.spans -= trace.count()
        self.bytes -= trace.bytes
        self.evicted += 1
        for target in trace.links_to:
            sources = self._linked_from[target]
            sources.discard(trace.trace_id)
            if not sources:
                del self._linked_from[target]


def _summarise(trace: StoredTrace, message: SpanMessage, service: str) -> None:
    start, end = message.start_time_unix_nano, message.end_time_unix_nano
    trace.start = min(trace.start, start) if trace.start else start
    trace.end = max(trace.end, end, start)
    trace.errors += message.status.code == Status.STATUS_CODE_ERROR
    trace.names.add(sys.intern(message.name))
    trace.services[service] = trace.services.get(service, 0) + 1
    candidate = Root(not message.parent_span_id, start, sys.intern(message.name), service)
    if trace.root is None or candidate.rank() < trace.root.rank():
        trace.root = candidate
