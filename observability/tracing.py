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


def start_tracing(
    settings: ObservabilitySettings, resource: Resource, exporter: SpanExporter | None, is_edge: bool
) -> TracerProvider:
    """Install the global tracer provider, with or without an export. The caller shuts it down."""
    provider = TracerProvider(sampler=root_sampler(settings, is_edge), resource=resource, shutdown_on_exit=False)
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


def root_sampler(settings: ObservabilitySettings, is_edge: bool) -> Sampler | None:
    """The sampler of this process, or None where `OTEL_TRACES_SAMPLER` makes the SDK choose."""
    if settings.traces_sampler:
        return None
    # Where nobody reads the spans, requests are given their trace ids and nothing is recorded.
    root = RateLimitedSampler(settings.traces_per_second) if settings.otlp_endpoint else ALWAYS_OFF
    if is_edge:
        return ParentBased(root, remote_parent_sampled=root, remote_parent_not_sampled=root)
    return ParentBased(root)
