"""Log lines of recorded traces by OTLP, so that a trace viewer shows them beside the spans."""

import logging
from typing import Any

from opentelemetry._logs import Logger, SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import get_current_span
from structlog.types import EventDict, WrappedLogger

from observability.export import TIMEOUT, Delivery, PatientLogExporter

QUEUE_LINES = 2_048
BATCH_LINES = 256
_SEVERITIES = {
    "debug": SeverityNumber.DEBUG,
    "info": SeverityNumber.INFO,
    "warning": SeverityNumber.WARN,
    "error": SeverityNumber.ERROR,
    "critical": SeverityNumber.FATAL,
}
# Said by the record itself, or by its resource.
_NOT_ATTRIBUTES = frozenset({"ts", "level", "event", "role", "trace_id", "span_id"})


def start_log_export(resource: Resource, delivery: Delivery, delay_ms: int) -> LoggerProvider:
    """A logger provider that exports in batches. The caller shuts it down."""
    provider = LoggerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_log_record_processor(
        BatchLogRecordProcessor(
            PatientLogExporter(OTLPLogExporter(timeout=TIMEOUT), delivery),
            max_queue_size=QUEUE_LINES,
            schedule_delay_millis=delay_ms,
            max_export_batch_size=BATCH_LINES,
        )
    )
    return provider


class ExportLine:
    """Processor: also sends the line, already redacted, when it belongs to a sampled trace. Changes nothing in it."""

    def __init__(self, logger: Logger) -> None:
        self._logger = logger

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        if get_current_span().get_span_context().trace_flags.sampled:
            level = str(event.get("level", logging.getLevelName(logging.INFO))).lower()
            self._logger.emit(
                severity_text=level.upper(),
                severity_number=_SEVERITIES.get(level, SeverityNumber.INFO),
                body=str(event.get("event", "")),
                attributes={key: _plain(value) for key, value in event.items() if key not in _NOT_ATTRIBUTES},
            )
        return event


def _plain(value: Any) -> str | bool | int | float:
    return value if isinstance(value, (str, bool, int, float)) else str(value)
