"""The tracer provider of this process."""

from opentelemetry import propagate, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, Sampler

from observability.export import PatientExporter
from observability.propagation import PROPAGATOR
from observability.sampling import RateLimitedSampler
from observability.settings import ObservabilitySettings

EXPORT_TIMEOUT = 3.0  # seconds for one attempt; bounds how long a stopping process waits
QUEUE_SPANS = 8_192
BATCH_SPANS = 512
BATCH_DELAY_MILLIS = 1_000  # a trace is visible about a second after it happened


class Tracing:
    """The provider with its exporter; `close` flushes it."""

    def __init__(self, settings: ObservabilitySettings, resource: Resource) -> None:
        self._provider = TracerProvider(sampler=root_sampler(settings), resource=resource, shutdown_on_exit=False)
        self._exporter: PatientExporter | None = None
        if settings.otlp_endpoint:
            self._export()
        propagate.set_global_textmap(PROPAGATOR)
        trace.set_tracer_provider(self._provider)

    def _export(self) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        exporter = PatientExporter(OTLPSpanExporter(timeout=EXPORT_TIMEOUT))
        self._provider.add_span_processor(
            BatchSpanProcessor(
                exporter,
                max_queue_size=QUEUE_SPANS,
                schedule_delay_millis=BATCH_DELAY_MILLIS,
                max_export_batch_size=BATCH_SPANS,
            )
        )
        self._exporter = exporter

    def close(self) -> None:
        if self._exporter:
            self._exporter.hasten()
        self._provider.shutdown()


def root_sampler(settings: ObservabilitySettings) -> Sampler | None:
    """The sampler of this process, or None where `OTEL_TRACES_SAMPLER` makes the SDK choose."""
    if settings.traces_sampler:
        return None
    if not settings.otlp_endpoint:
        # Nobody reads the spans: give requests their trace ids and record nothing.
        return ParentBased(ALWAYS_OFF)
    return ParentBased(RateLimitedSampler(settings.traces_per_second))
