"""Exporting spans to a receiver that may be slow, absent or broken, without disturbing the process."""

import logging
import threading
from collections.abc import Sequence

import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

FIRST_BACKOFF = 1.0
LAST_BACKOFF = 30.0
ATTEMPTS = 4

log = structlog.get_logger(__name__)


class PatientExporter(SpanExporter):
    """Retries a batch with back-off, then drops it; says so once, and once more when the receiver is back.

    It runs on the batch processor's own thread, so waiting here delays no request: meanwhile the
    processor's bounded queue sheds the oldest spans. A short outage (a receiver that starts a little
    later) loses nothing.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._closing = threading.Event()
        self._backoff = 0.0
        self._dropped = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        for _ in range(ATTEMPTS):
            if self._exporter.export(spans) is SpanExportResult.SUCCESS:
                self._recovered()
                return SpanExportResult.SUCCESS
            self._failed()
            if self._closing.wait(self._backoff):
                break
        self._dropped += len(spans)
        return SpanExportResult.FAILURE

    def hasten(self) -> None:
        """The process is stopping: from now on one attempt a batch, and no waiting."""
        self._closing.set()
        if self._backoff:
            # The receiver is away: ends the retries of the attempt under way, too.
            self._exporter.shutdown()

    def shutdown(self) -> None:
        if not self._backoff:
            self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - nothing is buffered here
        return True

    def _failed(self) -> None:
        if not self._backoff:
            log.warning("telemetry.export_failing", retry="with back-off, spans are dropped meanwhile")
        self._backoff = min(LAST_BACKOFF, self._backoff * 2 or FIRST_BACKOFF)

    def _recovered(self) -> None:
        if self._backoff:
            log.info("telemetry.export_resumed", spans_dropped=self._dropped)
            self._backoff, self._dropped = 0.0, 0


def silence_exporter_logs() -> None:
    """The SDK's exporters log every attempt; `PatientExporter` says the same once."""
    for name in ("opentelemetry.exporter", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
