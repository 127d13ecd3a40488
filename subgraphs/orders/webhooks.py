"""`POST /webhooks/shopify`: where a shop tells of its orders."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from litestar import Request, Response, post

from shared_models.kernel.tenancy import Scope
from shared_models.orders import service, shopify
from shared_models.orders.settings import ShopifySettings
from subgraphs.edge.body import read_body
from subgraphs.edge.errors import encode_errors, shown
from subgraphs.edge.services import Services

_MAX_BODY = 1024 * 1024
_SHOPIFY = "shopify"
_UNPROCESSABLE = 422
_UNAUTHORIZED = 401


@asynccontextmanager
async def shopify_settings(services: Services) -> AsyncIterator[None]:
    """Reads the shops' settings once, when the process starts."""
    services.extras[_SHOPIFY] = ShopifySettings()
    yield


@post("/webhooks/shopify", status_code=200)
async def shopify_webhook(request: Request[Any, Any, Any]) -> Response[Any]:
    """Takes an order once, however often it is told; topics other than orders/create are acknowledged."""
    services: Services = request.app.state.services
    settings = cast("ShopifySettings", services.extras[_SHOPIFY])
    body = await read_body(request, _MAX_BODY)
    headers = request.headers
    try:
        shopify.verify(settings.shopify_secret.get_secret_value(), body, headers.get("x-shopify-hmac-sha256", ""))
        topic = headers.get("x-shopify-topic", shopify.ORDERS_CREATE)
        if topic != shopify.ORDERS_CREATE:
            return Response({"ignored": topic}, status_code=200)
        placed = await _take(services, settings, body, headers.get("x-shopify-shop-domain"))
    except shopify.WebhookSignatureInvalid as error:
        return _refused(error, _UNAUTHORIZED)
    except shopify.WebhookPayloadInvalid as error:
        return _refused(error, _UNPROCESSABLE)
    return Response({"order": str(placed.order.id), "duplicate": placed.duplicate}, status_code=200)


async def _take(services: Services, settings: ShopifySettings, body: bytes, shop: str | None) -> service.Placed:
    tenant_id = settings.tenant_of(shop)
    if tenant_id is None:
        raise shopify.WebhookPayloadInvalid("No tenant is known for this shop.")
    placement = shopify.read_order(body, shop)
    async with services.database.transaction(Scope(tenant_id)) as session:
        return await service.place_from_shop(session, placement)


def _refused(error: Exception, status: int) -> Response[bytes]:
    return Response(encode_errors(shown(error)), status_code=status, media_type="application/json")
