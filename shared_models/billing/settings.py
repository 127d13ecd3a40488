"""Configuration of billing: how Stripe is reached."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class StripeSettings(BaseSettings):
    """The Stripe account. A real one needs a real key and an empty `stripe_api_base`, nothing else."""

    model_config = SettingsConfigDict(env_prefix="TRELLIS_", frozen=True)

    stripe_api_key: SecretStr = Field(
        default=SecretStr("sk_test_trellis_sandbox"), description="Secret key of the Stripe account."
    )
    stripe_api_base: str = Field(
        default="", description="Where Stripe's API is: empty for the real one, or the address of the sandbox."
    )
    stripe_webhook_secret: SecretStr = Field(
        default=SecretStr(""),
        description="Signing secret of the webhook endpoint (whsec_...). Empty: every webhook is refused.",
    )
