"""The meter provider of this process."""

from opentelemetry import metrics
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

INTERVAL_MILLIS = 10_000
TIMEOUT = 3.0  # seconds


def start_metrics(resource: Resource) -> MeterProvider:
    """Install the global meter provider that exports by OTLP every 10 seconds. The caller shuts it down."""
    reader = PeriodicExportingMetricReader(
        OTLPMetricExporter(timeout=TIMEOUT),
        export_interval_millis=INTERVAL_MILLIS,
        export_timeout_millis=TIMEOUT * 1_000,
    )
    provider = MeterProvider(metric_readers=[reader], resource=resource, shutdown_on_exit=False)
    metrics.set_meter_provider(provider)
    return provider
