"""Configuration that every role of a domain shares."""

from uuid import UUID

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class KernelSettings(BaseSettings):
    """Where the data lies, and the one secret from which all others are derived."""

    model_config = SettingsConfigDict(env_prefix="TRELLIS_", frozen=True, env_ignore_empty=True)

    database_url: str = Field(
        description="postgresql://user:password@host:port/postgres. Domains use databases and roles of their "
        "own on this server; the user and password here are only used to migrate."
    )
    redis_url: str = Field(description="redis://host:port/0 of Redis 7 or Valkey 8 and later.")
    secret: SecretStr = Field(
        min_length=32,
        description="Master secret of the deployment, at least 32 characters; every other secret is derived.",
    )
    jwks_url: str = Field(
        default="http://127.0.0.1:4001/.well-known/jwks.json",
        description="Where accounts publishes the keys that verify access tokens.",
    )
    platform_tenant_id: UUID | None = Field(
        default=None,
        description="The tenant of those who operate the platform: its staff see and control every tenant's jobs. "
        "Unset: nobody does.",
    )
