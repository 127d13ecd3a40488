"""Exporting to a receiver that may be slow, absent or broken, without disturbing the process."""

import logging
import threading
from collections.abc import Callable, Sequence

import structlog
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

TIMEOUT = 3.0  # seconds for one attempt; bounds how long a stopping process waits
FIRST_BACKOFF = 1.0  # seconds
LAST_BACKOFF = 30.0
ATTEMPTS = 4

log = structlog.get_logger(__name__)


class Delivery:
    """Retries a batch with back-off, then drops it; says once that the receiver is away, and once that it is back.

    One for all signals of a process. It runs on the batch processors' own threads, so waiting here delays no request:
    meanwhile their bounded queues shed the oldest items. A short outage (a receiver that starts later) loses nothing.
    """

    def __init__(self) -> None:
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._backoff = 0.0
        self._dropped = 0
        self._aborts: list[Callable[[], object]] = []

    @property
    def failing(self) -> bool:
        return self._backoff > 0

    def deliver(self, send: Callable[[], bool], items: int) -> bool:
        """Call `send` until it returns True; False after the last attempt, or when the process stops."""
        for _ in range(ATTEMPTS):
            if self.failing and self._closing.is_set():
                break
            if send():
                self._succeeded()
                return True
            self._closing.wait(self._failed())
        with self._lock:
            self._dropped += items
        return False

    def on_hasten(self, abort: Callable[[], object]) -> None:
        """Register what ends the attempt that an exporter has under way."""
        self._aborts.append(abort)

    def hasten(self) -> None:
        """The process is stopping: no waiting, and no further attempt if the receiver is away."""
        self._closing.set()
        if self.failing:
            for abort in self._aborts:
                abort()

    def _failed(self) -> float:
        """The seconds to wait until the next attempt."""
        with self._lock:
            first = not self._backoff
            self._backoff = min(LAST_BACKOFF, self._backoff * 2) or FIRST_BACKOFF
        if first:
            log.warning("telemetry.export_failing", consequence="retried with back-off, the oldest is dropped")
        return self._backoff

    def _succeeded(self) -> None:
        with self._lock:
            recovered, dropped = self.failing, self._dropped
            self._backoff, self._dropped = 0.0, 0
        if recovered:
            log.info("telemetry.export_resumed", dropped=dropped)


class PatientSpanExporter(SpanExporter):
    """A span exporter behind a Delivery."""

    def __init__(self, exporter: SpanExporter, delivery: Delivery) -> None:
        self._exporter = exporter
        self._delivery = delivery
        delivery.on_hasten(exporter.shutdown)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        sent = self._delivery.deliver(lambda: self._exporter.export(spans) is SpanExportResult.SUCCESS, len(spans))
        return SpanExportResult.SUCCESS if sent else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        self._exporter.shutdown()


class PatientLogExporter(LogRecordExporter):
    """A log exporter behind a Delivery."""

    def __init__(self, exporter: LogRecordExporter, delivery: Delivery) -> None:
        self._exporter = exporter
        self._delivery = delivery
        delivery.on_hasten(exporter.shutdown)

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        sent = self._delivery.deliver(lambda: self._exporter.export(batch) is LogRecordExportResult.SUCCESS, len(batch))
        return LogRecordExportResult.SUCCESS if sent else LogRecordExportResult.FAILURE

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return True

    def shutdown(self) -> None:
        self._exporter.shutdown()  # type: ignore[no-untyped-call] # the SDK leaves it without types


def silence_exporter_logs() -> None:
    """The SDK logs every attempt and every shutdown of an exporter; `Delivery` says once what matters of it."""
    for name in ("opentelemetry.exporter", "opentelemetry.sdk.metrics", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
