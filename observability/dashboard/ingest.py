"""Taking OTLP requests in: bounded reading, decompression, into the store."""

import zlib
from collections.abc import AsyncIterator, Callable

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from observability.dashboard.decode import parse, read_logs, spans_of
from observability.dashboard.errors import (
    MalformedPayloadError,
    PayloadTooLargeError,
    UnsupportedEncodingError,
    UnsupportedMediaTypeError,
)
from observability.dashboard.store import TraceStore

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
# A sender that is refused while it still writes sees a broken connection instead of the reason: so a body that is
# too large is read to its end, within reason, and thrown away.
DRAIN_FACTOR = 8
_WINDOW_BITS = {"gzip": 31, "deflate": 15}

Accept = Callable[[TraceStore, bytes, bool], None]


def is_json(media_type: str) -> bool:
    """Which of the two encodings of OTLP a content-type means. Raises UnsupportedMediaTypeError."""
    essence = media_type.split(";", 1)[0].strip().lower()
    if essence not in {PROTOBUF, JSON}:
        raise UnsupportedMediaTypeError(essence)
    return essence == JSON


async def read_bounded(chunks: AsyncIterator[bytes], limit: int) -> bytes:
    """The whole body. Raises PayloadTooLargeError above `limit` bytes."""
    kept: list[bytes] = []
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size <= limit:
            kept.append(chunk)
        elif size > limit * DRAIN_FACTOR:
            break
    if size > limit:
        raise PayloadTooLargeError(limit)
    return b"".join(kept)


def decompress(body: bytes, encoding: str, limit: int) -> bytes:
    """The body without its content-encoding. Raises a DashboardError; never makes more than `limit` bytes."""
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return body
    if name not in _WINDOW_BITS:
        raise UnsupportedEncodingError(name)
    stream = zlib.decompressobj(wbits=_WINDOW_BITS[name])
    try:
        plain = stream.decompress(body, limit + 1)
    except zlib.error as error:
        raise MalformedPayloadError(f"{name} stream") from error
    if len(plain) > limit:
        raise PayloadTooLargeError(limit)
    if not stream.eof:
        raise MalformedPayloadError(f"{name} stream")
    return plain


def accept_traces(store: TraceStore, body: bytes, json: bool) -> None:
    """Store the spans of a request. Raises MalformedPayloadError, and then nothing of it is stored."""
    request = parse(ExportTraceServiceRequest, body, json)
    for resource, scope, span in spans_of(request):
        store.add_span(store.resource(resource), scope, span)


def accept_logs(store: TraceStore, body: bytes, json: bool) -> None:
    """Store the log lines that belong to a trace. Raises MalformedPayloadError."""
    for line in read_logs(parse(ExportLogsServiceRequest, body, json)):
        store.add_log(line)


def accept_metrics(store: TraceStore, body: bytes, json: bool) -> None:
    """Count the metrics of a request. Raises MalformedPayloadError."""
    request = parse(ExportMetricsServiceRequest, body, json)
    store.metrics += sum(
        len(scope.metrics) for resource in request.resource_metrics for scope in resource.scope_metrics
    )
