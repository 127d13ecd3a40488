"""`POST /webhooks/stripe`, as Stripe calls it."""

import json
import time
from typing import Any, cast

import httpx
import pytest
import stripe
from litestar import Litestar

from shared_models.billing import repository
from shared_models.billing.models import Payment, PaymentStatus
from shared_models.kernel.database import Database
from shared_models.kernel.identity import Identity
from tests.subgraphs.billing.conftest import WEBHOOK_SECRET


def event(payment: Payment, kind: str = "payment_intent.succeeded", **thing: Any) -> str:
    metadata = {"tenant_id": str(payment.tenant_id), "payment_id": str(payment.id)}
    about = {"id": "pi_1", "amount": payment.amount, "currency": "gbp", "metadata": metadata} | thing
    return json.dumps({"id": f"evt_{payment.id.hex}", "object": "event", "type": kind, "data": {"object": about}})


async def post(app: Litestar, body: str, *, secret: str = WEBHOOK_SECRET, age: int = 0) -> httpx.Response:
    signature = stripe.WebhookSignature.generate_signature_header(body, secret, int(time.time()) - age)
    transport = httpx.ASGITransport(app=cast("Any", app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://billing") as http:
        return await http.post("/webhooks/stripe", content=body, headers={"stripe-signature": signature})


async def status(database: Database, owner: Identity, payment: Payment) -> PaymentStatus:
    async with database.transaction(owner.scope()) as session:
        return (await repository.payments_by_id(session, [payment.id]))[payment.id].status


async def test_a_signed_event_captures_the_payment_once(
    app: Litestar, database: Database, owner: Identity, pending: Payment
) -> None:
    answers = [await post(app, event(pending)) for _ in range(2)]

    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (200, {"received": "APPLIED"}),
        (200, {"received": "KNOWN"}),
    ]
    assert await status(database, owner, pending) is PaymentStatus.CAPTURED


@pytest.mark.parametrize("how", [{"secret": "whsec_of_somebody_else"}, {"age": 301}], ids=["forged", "stale"])
async def test_what_stripe_did_not_sign_changes_nothing(
    app: Litestar, database: Database, owner: Identity, pending: Payment, how: dict[str, Any]
) -> None:
    answer = await post(app, event(pending), **how)

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "WEBHOOK_SIGNATURE_INVALID"
    assert await status(database, owner, pending) is PaymentStatus.PENDING


async def test_what_is_too_long_is_not_read(app: Litestar) -> None:
    answer = await post(app, "x" * (256 * 1024 + 1))
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (413, "PAYLOAD_TOO_LARGE")


async def test_what_is_not_ours_is_acknowledged(app: Litestar, pending: Payment) -> None:
    for body in (event(pending, "customer.created"), event(pending, metadata=None)):
        assert (await post(app, body)).json() == {"received": "NOT_OURS"}


async def test_what_came_too_early_is_asked_for_again(app: Litestar, pending: Payment) -> None:
    answer = await post(app, event(pending, "charge.refunded", amount_refunded=5))
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (409, "WEBHOOK_OUT_OF_ORDER")


async def test_a_signed_body_that_is_no_event(app: Litestar) -> None:
    answer = await post(app, "[]")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "WEBHOOK_MALFORMED")
