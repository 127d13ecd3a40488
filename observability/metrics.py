"""The meter provider of this process."""

from opentelemetry import metrics
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from observability.export import TIMEOUT, Delivery

INTERVAL_MILLIS = 10_000


def start_metrics(resource: Resource, delivery: Delivery) -> MeterProvider:
    """Install the global meter provider that exports by OTLP every 10 seconds. The caller shuts it down."""
    exporter = OTLPMetricExporter(timeout=TIMEOUT)
    # Not retried: the next interval sends the newer sums. It only must not delay a stopping process.
    delivery.on_hasten(exporter.shutdown)
    reader = PeriodicExportingMetricReader(
        exporter,
        export_interval_millis=INTERVAL_MILLIS,
        export_timeout_millis=TIMEOUT * 1_000,
    )
    provider = MeterProvider(metric_readers=[reader], resource=resource, shutdown_on_exit=False)
    metrics.set_meter_provider(provider)
    return provider
