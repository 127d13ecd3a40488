"""Starting and stopping the observability of one process."""

import atexit
import threading
from collections.abc import Callable

import structlog

from observability.errors import start_reports
from observability.logs import configure_logs
from observability.resource import resource_for
from observability.settings import ObservabilitySettings
from observability.tracing import start_tracing

log = structlog.get_logger(__name__)


class _Process:
    """What `start` has made and `stop` takes down."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.role: str | None = None
        self.closers: list[Callable[[], object]] = []


_process = _Process()


def start(role: str, is_edge: bool) -> None:
    """See `observability.setup`."""
    with _process.lock:
        if _process.role is not None:
            if _process.role != role:
                log.warning("observability.role_kept", role_asked=role)
            return
        _process.role = role
        settings = ObservabilitySettings()
        if settings.otlp_endpoint:
            _start_exporting(role, settings, is_edge)
        else:
            configure_logs(role, settings.log_level)
            _process.closers.append(start_tracing(settings, resource_for(role), None, is_edge).shutdown)
        start_reports(role, settings)
        atexit.register(stop)


def stop() -> None:
    """See `observability.shutdown`."""
    with _process.lock:
        while _process.closers:
            _process.closers.pop(0)()


def _start_exporting(role: str, settings: ObservabilitySettings, is_edge: bool) -> None:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    from observability.export import TIMEOUT, Delivery, PatientSpanExporter, silence_exporter_logs
    from observability.log_export import ExportLine, start_log_export
    from observability.metrics import start_metrics

    resource = resource_for(role)
    delivery = Delivery()
    logs = start_log_export(resource, delivery, settings.batch_delay_ms)
    configure_logs(role, settings.log_level, ExportLine(logs.get_logger(__name__)))
    silence_exporter_logs()
    spans = PatientSpanExporter(OTLPSpanExporter(timeout=TIMEOUT), delivery)
    tracing = start_tracing(settings, resource, spans, is_edge)
    metrics = start_metrics(resource, delivery)
    # The second time, the flush of the spans has shown whether the receiver is there for the rest.
    _process.closers += [delivery.hasten, tracing.shutdown, delivery.hasten, logs.shutdown, metrics.shutdown]
