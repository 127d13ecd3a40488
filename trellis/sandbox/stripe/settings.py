"""Configuration of the Stripe sandbox."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from trellis.sandbox.stripe.events import WEBHOOK_EVENTS


class StripeSandboxSettings(BaseSettings):
    """Where the sandbox listens, keeps its state, and sends its webhooks."""

    model_config = SettingsConfigDict(env_prefix="TRELLIS_", frozen=True)

    stripe_sandbox_host: str = Field(default="127.0.0.1", description="Address the Stripe sandbox listens on.")
    stripe_sandbox_port: int = Field(default=4040, description="Port the Stripe sandbox listens on.", gt=0, lt=65536)
    stripe_sandbox_database: Path = Field(
        default=Path(".trellis/stripe.sqlite"), description="File that holds the sandbox's payments and keys."
    )
    stripe_sandbox_webhook_url: str | None = Field(
        default=None, description="Where webhooks are sent; without it, events are only recorded."
    )
    stripe_sandbox_events: frozenset[str] = Field(
        default=WEBHOOK_EVENTS, description="Types of events that are sent as webhooks (a JSON list)."
    )
    stripe_sandbox_retention: int = Field(
        default=100_000, description="How many payments, with what belongs to them, are kept.", gt=0
    )
    stripe_webhook_secret: SecretStr = Field(
        default=SecretStr("whsec_trellis_sandbox"), description="Secret (whsec_...) that signs webhooks."
    )
