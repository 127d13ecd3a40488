"""OTLP messages as tests need them."""

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

MS = 1_000_000
START = 1_800_000_000_000 * MS


def resource(service: str) -> Resource:
    return Resource(attributes=attributes({"service.name": service}))


def attributes(values: dict[str, str]) -> list[KeyValue]:
    return [KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in values.items()]


def trace_id(number: int) -> bytes:
    return number.to_bytes(16, "big")


def span_id(number: int) -> bytes:
    return number.to_bytes(8, "big")


def span(
    trace: int, number: int, parent: int = 0, *, name: str = "op", at: int = 0, lasts: int = 10, error: str = ""
) -> Span:
    """A span; `at` and `lasts` in milliseconds after START."""
    return Span(
        trace_id=trace_id(trace),
        span_id=span_id(number),
        parent_span_id=span_id(parent) if parent else b"",
        name=name,
        kind=Span.SPAN_KIND_SERVER,
        start_time_unix_nano=START + at * MS,
        end_time_unix_nano=START + (at + lasts) * MS,
        status=Status(code=Status.STATUS_CODE_ERROR, message=error) if error else Status(),
    )


def traces(service: str, *spans: Span) -> ExportTraceServiceRequest:
    scope = ScopeSpans(scope=InstrumentationScope(name="tests"), spans=spans)
    return ExportTraceServiceRequest(resource_spans=[ResourceSpans(resource=resource(service), scope_spans=[scope])])


def logs(service: str, trace: int, number: int, body: str) -> ExportLogsServiceRequest:
    record = LogRecord(
        trace_id=trace_id(trace),
        span_id=span_id(number),
        time_unix_nano=START + MS,
        severity_text="ERROR",
        body=AnyValue(string_value=body),
    )
    scope = ScopeLogs(log_records=[record])
    return ExportLogsServiceRequest(resource_logs=[ResourceLogs(resource=resource(service), scope_logs=[scope])])
