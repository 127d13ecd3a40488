"""Refunds never give back more than was taken."""

from typing import Any

import pytest
import stripe

from tests.trellis.sandbox.stripe.conftest import Sandbox


@pytest.fixture
def intent(client: stripe.StripeClient, payment: Any) -> str:
    return client.v1.payment_intents.create(payment).id


def test_in_parts_until_nothing_is_left(sandbox: Sandbox, client: stripe.StripeClient, intent: str) -> None:
    first = client.v1.refunds.create({"payment_intent": intent, "amount": 250, "metadata": {"refund_id": "r"}})
    assert (first.status, first.amount, first.currency, first.payment_intent) == ("succeeded", 250, "gbp", intent)
    with pytest.raises(stripe.InvalidRequestError) as too_much:
        client.v1.refunds.create({"payment_intent": intent, "amount": 1001})
    assert too_much.value.code == "amount_too_large"
    rest = client.v1.refunds.create({"payment_intent": intent})
    assert rest.amount == 1000
    with pytest.raises(stripe.InvalidRequestError) as again:
        client.v1.refunds.create({"payment_intent": intent})
    assert again.value.code == "charge_already_refunded"
    metadata = client.v1.refunds.retrieve(first.id).metadata
    assert metadata is not None
    assert metadata["refund_id"] == "r"
    assert [refund.id for refund in client.v1.refunds.list({"payment_intent": intent}).data] == [rest.id, first.id]
    state = sandbox.state()
    assert (state["captured"], state["refunded"]) == ({"gbp": 1250}, {"gbp": 1250})


def test_by_charge(client: stripe.StripeClient, intent: str) -> None:
    charge = str(client.v1.payment_intents.retrieve(intent).latest_charge)
    refund = client.v1.refunds.create({"charge": charge, "amount": 100})
    assert (refund.charge, refund.payment_intent) == (charge, intent)
    assert client.v1.charges.retrieve(charge).amount_refunded == 100


def test_nothing_without_a_successful_charge(client: stripe.StripeClient, payment: Any) -> None:
    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.create(payment | {"payment_method": "pm_card_chargeDeclined"})
    error = declined.value.error
    assert error is not None
    assert error.payment_intent is not None
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        client.v1.refunds.create({"payment_intent": error.payment_intent.id})
