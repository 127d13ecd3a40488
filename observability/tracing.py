"""The tracer provider of this process."""

from opentelemetry import propagate, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, Sampler

from observability.propagation import PROPAGATOR
from observability.sampling import RateLimitedSampler
from observability.settings import ObservabilitySettings

QUEUE_SPANS = 8_192
BATCH_SPANS = 512


def start_tracing(settings: ObservabilitySettings, resource: Resource, exporter: SpanExporter | None) -> TracerProvider:
    """Install the global tracer provider, with or without an export. The caller shuts it down."""
    provider = TracerProvider(sampler=root_sampler(settings), resource=resource, shutdown_on_exit=False)
    if exporter is not None:
        provider.add_span_processor(
            BatchSpanProcessor(
                exporter,
                max_queue_size=QUEUE_SPANS,
                schedule_delay_millis=settings.batch_delay_ms,
                max_export_batch_size=BATCH_SPANS,
            )
        )
    propagate.set_global_textmap(PROPAGATOR)
    trace.set_tracer_provider(provider)
    return provider


def root_sampler(settings: ObservabilitySettings) -> Sampler | None:
    """The sampler of this process, or None where `OTEL_TRACES_SAMPLER` makes the SDK choose."""
    if settings.traces_sampler:
        return None
    if not settings.otlp_endpoint:
        # Nobody reads the spans: give requests their trace ids and record nothing.
        return ParentBased(ALWAYS_OFF)
    return ParentBased(RateLimitedSampler(settings.traces_per_second))
