"""What the environment decides about observability."""

from typing import Literal

from pydantic import AliasChoices, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


class ObservabilitySettings(BaseSettings):
    """The process-wide settings. Other standard `OTEL_*` variables reach the SDK as they are."""

    model_config = SettingsConfigDict(env_prefix="TRELLIS_", extra="ignore", populate_by_name=True)

    log_level: LogLevel = Field(default="INFO", description="The least severe log line written to stderr.")
    traces_per_second: float = Field(
        default=25.0,
        ge=0,
        description="Root traces recorded per second and process, with a burst of 100; 0 records none.",
    )
    otlp_endpoint: str | None = Field(
        default=None,
        validation_alias=AliasChoices("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
        description="Where OTLP over HTTP goes, e.g. http://127.0.0.1:4318; without it, nowhere.",
    )
    traces_sampler: str | None = Field(
        default=None,
        validation_alias="OTEL_TRACES_SAMPLER",
        description="A standard sampler's name; it replaces the rate limit.",
    )
    batch_delay_ms: int = Field(
        default=1_000,
        gt=0,
        validation_alias="OTEL_BSP_SCHEDULE_DELAY",
        description="Milliseconds that ended spans and log lines wait for company before they are exported.",
    )
    sentry_dsn: str | None = Field(
        default=None, validation_alias="SENTRY_DSN", description="Turns error reports to Sentry on."
    )
    sentry_environment: str | None = Field(
        default=None, validation_alias="SENTRY_ENVIRONMENT", description="The environment's name in Sentry."
    )

    @field_validator("log_level", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value


class DashboardSettings(BaseSettings):
    """The bounds of the built-in dashboard."""

    model_config = SettingsConfigDict(env_prefix="TRELLIS_", extra="ignore")

    dashboard_spans: int = Field(default=50_000, gt=0, description="Spans and log lines kept before the oldest go.")
    dashboard_bytes: int = Field(default=32 * 1024 * 1024, gt=0, description="Bytes of them kept at most.")
    dashboard_body_bytes: int = Field(
        default=16 * 1024 * 1024, gt=0, description="The largest OTLP request that is accepted, decompressed."
    )
