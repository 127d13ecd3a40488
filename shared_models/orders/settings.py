"""Configuration of orders: the shops whose orders are taken."""

from uuid import UUID

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ShopifySettings(BaseSettings):
    """Which shops may send orders, and to which tenant they belong."""

    model_config = SettingsConfigDict(env_prefix="TRELLIS_", frozen=True, env_ignore_empty=True)

    shopify_secret: SecretStr = Field(
        default=SecretStr(""),
        description="Secret by which Shopify signs its webhooks. Empty: every webhook is refused.",
    )
    shopify_shops: dict[str, UUID] = Field(
        default={},
        description='Shop domain to tenant id, as JSON: {"example.myshopify.com": "0192..."}.',
    )
    shopify_default_tenant_id: UUID | None = Field(
        default=None,
        description="The tenant of shops that are not named. None: their webhooks are refused.",
    )

    def tenant_of(self, shop: str | None) -> UUID | None:
        """The tenant that a shop's orders belong to, None when it has none."""
        named = {domain.lower(): tenant_id for domain, tenant_id in self.shopify_shops.items()}
        return named.get((shop or "").lower(), self.shopify_default_tenant_id)
