"""Which tenant a shop's orders belong to."""

import pytest

from shared_models.kernel.ids import new_id
from shared_models.orders.settings import ShopifySettings


def test_a_named_shop_has_its_tenant_and_others_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    named, default = new_id(), new_id()
    monkeypatch.setenv("TRELLIS_SHOPIFY_SHOPS", f'{{"Apple.myshopify.com": "{named}"}}')
    monkeypatch.setenv("TRELLIS_SHOPIFY_DEFAULT_TENANT_ID", str(default))
    settings = ShopifySettings()
    assert settings.tenant_of("apple.MYSHOPIFY.com") == named
    assert settings.tenant_of("other.myshopify.com") == default
    assert settings.tenant_of(None) == default


def test_without_a_default_a_stranger_has_no_tenant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRELLIS_SHOPIFY_DEFAULT_TENANT_ID", "")
    assert ShopifySettings().tenant_of("other.myshopify.com") is None
