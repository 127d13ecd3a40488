"""OTLP payloads (protobuf or JSON) to messages, and messages to the viewer's model. No I/O."""

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import msgspec
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2

from observability.dashboard.errors import MalformedPayloadError
from observability.dashboard.model import KINDS, STATUSES, Event, Link, LogLine, Span

TRACE_ID_BYTES = 16
SPAN_ID_BYTES = 8
_ID_FIELDS = frozenset({"traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id"})

Request = TypeVar("Request", ExportTraceServiceRequest, ExportLogsServiceRequest, ExportMetricsServiceRequest)


def parse(kind: type[Request], body: bytes, is_json: bool) -> Request:
    """The request in a body. Raises MalformedPayloadError."""
    request = kind()
    try:
        if is_json:
            ParseDict(_ids_to_base64(msgspec.json.decode(body)), request, ignore_unknown_fields=True)
        else:
            request.ParseFromString(body)
    except (
        DecodeError,
        ParseError,
        msgspec.DecodeError,
        UnicodeDecodeError,
        ValueError,
        RecursionError,
    ) as error:
        raise MalformedPayloadError(kind.DESCRIPTOR.name) from error
    return request


def spans_of(request: ExportTraceServiceRequest) -> Iterator[tuple[Resource, str, trace_pb2.Span]]:
    """Resource, instrumentation scope and span, for every span that has valid ids."""
    for resource_spans in request.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                if len(span.trace_id) == TRACE_ID_BYTES and len(span.span_id) == SPAN_ID_BYTES:
                    yield resource_spans.resource, scope_spans.scope.name, span


def read_span(message: trace_pb2.Span, resource: dict[str, Any], scope: str) -> Span:
    """The model of one span message."""
    return Span(
        trace_id=message.trace_id.hex(),
        span_id=message.span_id.hex(),
        parent_id=message.parent_span_id.hex(),
        name=message.name,
        kind=_at(KINDS, message.kind),
        service=service_of(resource),
        start=message.start_time_unix_nano,
        end=max(message.end_time_unix_nano, message.start_time_unix_nano),
        status=_at(STATUSES, message.status.code),
        status_message=message.status.message,
        attributes=read_attributes(message.attributes),
        resource=resource,
        scope=scope,
        events=[Event(event.name, event.time_unix_nano, read_attributes(event.attributes)) for event in message.events],
        links=[
            Link(link.trace_id.hex(), link.span_id.hex(), read_attributes(link.attributes)) for link in message.links
        ],
    )


def read_spans(request: ExportTraceServiceRequest) -> list[Span]:
    """The models of all valid spans of a request."""
    return [read_span(span, read_attributes(resource.attributes), scope) for resource, scope, span in spans_of(request)]


def read_logs(request: ExportLogsServiceRequest) -> Iterator[LogLine]:
    """The log records that belong to a trace."""
    for resource_logs in request.resource_logs:
        service = service_of(read_attributes(resource_logs.resource.attributes))
        for scope_logs in resource_logs.scope_logs:
            for record in scope_logs.log_records:
                if len(record.trace_id) == TRACE_ID_BYTES:
                    yield _read_log(record, service)


def _read_log(record: LogRecord, service: str) -> LogLine:
    body = read_value(record.body)
    return LogLine(
        trace_id=record.trace_id.hex(),
        span_id=record.span_id.hex(),
        service=service,
        at=record.time_unix_nano or record.observed_time_unix_nano,
        severity=record.severity_text or str(record.severity_number),
        body=body if isinstance(body, str) else msgspec.json.encode(body).decode(),
        attributes=read_attributes(record.attributes),
    )


def service_of(resource: dict[str, Any]) -> str:
    return str(resource.get("service.name", "unknown_service"))


def read_attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    return {pair.key: read_value(pair.value) for pair in pairs}


def read_value(value: AnyValue) -> Any:
    """A plain value: text, bool, int, float, list, dict, None; bytes as base64 text."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [read_value(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return read_attributes(value.kvlist_value.values)
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    return getattr(value, kind)


def _at(names: tuple[str, ...], index: int) -> str:
    return names[index] if 0 <= index < len(names) else names[0]


def _ids_to_base64(node: Any) -> Any:
    """OTLP's JSON writes ids in hex where protobuf's JSON mapping expects base64."""
    if isinstance(node, dict):
        return {
            key: _hex_to_base64(value) if key in _ID_FIELDS and isinstance(value, str) else _ids_to_base64(value)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_ids_to_base64(item) for item in node]
    return node


def _hex_to_base64(text: str) -> str:
    try:
        return base64.b64encode(bytes.fromhex(text)).decode()
    except binascii.Error as error:
        raise ValueError(f"not a hexadecimal id: {text!r}") from error
