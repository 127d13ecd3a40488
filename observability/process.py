"""Starting and stopping the observability of one process."""

import atexit
import threading
from collections.abc import Callable

import structlog

from observability.errors import start_reports
from observability.logs import configure_logs
from observability.resource import resource_for
from observability.settings import ObservabilitySettings
from observability.tracing import Tracing

log = structlog.get_logger(__name__)

_lock = threading.Lock()
_role: list[str] = []
_closers: list[Callable[[], object]] = []


def start(role: str) -> None:
    """See `observability.setup`."""
    with _lock:
        if _role:
            if _role[0] != role:
                log.warning("observability.role_kept", role_asked=role)
            return
        _role.append(role)
        settings = ObservabilitySettings()
        configure_logs(role, settings.log_level)
        start_reports(role, settings)
        resource = resource_for(role)
        _closers.append(Tracing(settings, resource).close)
        if settings.otlp_endpoint:
            from observability.export import silence_exporter_logs
            from observability.metrics import start_metrics

            silence_exporter_logs()
            _closers.append(start_metrics(resource).shutdown)
        atexit.register(stop)


def stop() -> None:
    """See `observability.shutdown`."""
    with _lock:
        while _closers:
            _closers.pop(0)()
