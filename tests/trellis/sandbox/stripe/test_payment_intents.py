"""Payment intents as stripe-python sees them."""

from typing import Any

import pytest
import stripe

from tests.trellis.sandbox.stripe.conftest import Sandbox

Payment = Any


def test_a_good_card_pays_at_once(client: stripe.StripeClient, payment: Payment) -> None:
    intent = client.v1.payment_intents.create(payment)
    assert (intent.status, intent.amount, intent.amount_received, intent.currency) == (
        "succeeded",
        1250,
        1250,
        "gbp",
    )
    assert intent.metadata["order_id"] == "o-1"
    found = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert isinstance(found.latest_charge, stripe.Charge)
    assert (found.latest_charge.status, found.latest_charge.amount_captured) == ("succeeded", 1250)


@pytest.mark.parametrize(
    ("method", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
        ("pm_card_authenticationRequired", "authentication_required", "authentication_required"),
    ],
)
def test_declining_cards(
    client: stripe.StripeClient, payment: Payment, method: str, code: str, decline_code: str
) -> None:
    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.create(payment | {"payment_method": method})
    error = declined.value.error
    assert declined.value.http_status == 402
    assert error is not None
    assert (error.code, error.decline_code) == (code, decline_code)
    assert error.payment_intent is not None
    intent = client.v1.payment_intents.retrieve(error.payment_intent.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == code
    paid = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_mastercard"})
    assert paid.status == "succeeded"


def test_somebody_present_is_asked_to_authenticate(client: stripe.StripeClient, payment: Payment) -> None:
    intent = client.v1.payment_intents.create(
        payment | {"payment_method": "pm_card_authenticationRequired", "off_session": False}
    )
    assert intent.status == "requires_action"
    assert intent.next_action is not None


def test_create_then_confirm(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create(
        {"amount": 500, "currency": "EUR", "allowed_payment_method_types": ["card"]}
    )
    assert (intent.status, intent.currency) == ("requires_payment_method", "eur")
    with pytest.raises(stripe.InvalidRequestError, match="missing a payment method"):
        client.v1.payment_intents.confirm(intent.id)
    paid = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert paid.status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.confirm(intent.id)
    assert refused.value.code == "payment_intent_unexpected_state"


def test_manual_capture_of_a_part(client: stripe.StripeClient, payment: Payment) -> None:
    intent = client.v1.payment_intents.create(payment | {"capture_method": "manual"})
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 1250)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 1251})
    assert refused.value.code == "amount_too_large"
    captured = client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 1000})
    assert (captured.status, captured.amount_received) == ("succeeded", 1000)


def test_cancel(client: stripe.StripeClient, payment: Payment) -> None:
    held = client.v1.payment_intents.create(payment | {"capture_method": "manual"})
    assert client.v1.payment_intents.cancel(held.id).status == "canceled"
    paid = client.v1.payment_intents.create(payment)
    with pytest.raises(stripe.InvalidRequestError, match="has a status of succeeded"):
        client.v1.payment_intents.cancel(paid.id)


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"amount": None}, "parameter_missing", "amount"),
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"amount": -5}, "parameter_invalid_integer", "amount"),
        ({"amount": "12.5"}, "parameter_invalid_integer", "amount"),
        ({"amount": "\N{SUPERSCRIPT TWO}"}, "parameter_invalid_integer", "amount"),
        ({"amount": 29}, "amount_too_small", "amount"),
        ({"amount": 10**9}, "amount_too_large", "amount"),
        ({"currency": None}, "parameter_missing", "currency"),
        ({"currency": "xyz"}, None, "currency"),
        ({"payment_method": "pm_card_none"}, "resource_missing", "payment_method"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"metadata": {"long": "x" * 501}}, None, "metadata[long]"),
        ({"confirm": "perhaps"}, None, "confirm"),
        ({"allowed_payment_method_types": None}, None, "return_url"),
    ],
)
def test_wrong_parameters_charge_nothing(
    sandbox: Sandbox, payment: Payment, change: Payment, code: str | None, param: str
) -> None:
    wrong: Any = {name: value for name, value in (payment | change).items() if value is not None}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sandbox.client().v1.payment_intents.create(wrong)
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, code, param)
    assert sandbox.state()["payment_intent"] == {}


def test_automatic_methods_without_redirects_need_no_return_url(client: stripe.StripeClient, payment: Payment) -> None:
    del payment["allowed_payment_method_types"]
    automatic = {"enabled": True, "allow_redirects": "never"}
    intent = client.v1.payment_intents.create(payment | {"automatic_payment_methods": automatic})
    assert intent.status == "succeeded"


def test_list_of_types_goes_by_the_name_of_its_version(sandbox: Sandbox, payment: Payment) -> None:
    payment["payment_method_types"] = payment.pop("allowed_payment_method_types")
    intents = sandbox.client().v1.payment_intents
    with pytest.raises(stripe.InvalidRequestError) as refused:
        intents.create(payment)
    assert refused.value.code == "payment_method_types_no_longer_supported"
    assert intents.create(payment, {"stripe_version": "2026-08-26.dahlia"}).status == "succeeded"


def test_unknown_intent(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.retrieve("pi_unknown")
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


@pytest.mark.parametrize("key", ["sk_live_secret", "whatever"])
def test_only_test_keys_open(sandbox: Sandbox, payment: Payment, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError) as refused:
        sandbox.client(key).v1.payment_intents.create(payment)
    assert refused.value.http_status == 401
    assert key not in str(refused.value) or len(key) <= 8


def test_pages_go_from_new_to_old(client: stripe.StripeClient, payment: Payment) -> None:
    made = [client.v1.payment_intents.create(payment).id for _ in range(5)]
    page = client.v1.payment_intents.list({"limit": 2})
    assert ([intent.id for intent in page.data], page.has_more) == ([made[4], made[3]], True)
    assert [intent.id for intent in page.auto_paging_iter()] == made[::-1]
