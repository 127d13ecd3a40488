"""`POST /webhooks/stripe`: where Stripe reports what became of payments and refunds."""

from __future__ import annotations

from typing import Any, cast

from litestar import Request, Response, post

from shared_models.billing import webhooks
from shared_models.billing.settings import StripeSettings
from shared_models.billing.stripe_gateway import construct_event
from subgraphs.edge.body import read_body
from subgraphs.edge.errors import encode_errors, shown
from subgraphs.edge.services import Services

_MAX_BODY = 256 * 1024
_STRIPE = "stripe"


def remember_settings(services: Services) -> None:
    """Reads Stripe's settings once, when the process starts."""
    services.extras[_STRIPE] = StripeSettings()


@post("/webhooks/stripe", status_code=200)
async def stripe_webhook(request: Request[Any, Any, Any]) -> Response[Any]:
    """Acknowledges with 200 whatever need not be sent again; 409 asks for it later, 400 refuses it."""
    services: Services = request.app.state.services
    body = await read_body(request, _MAX_BODY)
    event = construct_event(body, request.headers.get("stripe-signature"), _settings(services))
    notice = webhooks.notice_of(event)
    if notice is None:
        return _acknowledged(webhooks.Told.NOT_OURS)
    try:
        return _acknowledged(await webhooks.receive(services.database, notice))
    except webhooks.OutOfOrder as error:
        return Response(encode_errors(shown(error)), status_code=409, media_type="application/json")


def _settings(services: Services) -> StripeSettings:
    return cast("StripeSettings", services.extras[_STRIPE])


def _acknowledged(told: webhooks.Told) -> Response[dict[str, str]]:
    return Response({"received": str(told)}, status_code=200)
