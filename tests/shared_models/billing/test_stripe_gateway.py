"""The gateway, by Stripe's SDK over a socket to the sandbox."""

import time
from collections.abc import AsyncIterator

import pytest
import stripe
from pydantic import SecretStr

from shared_models.billing.processing import Accepted, Charge, Declined, ProcessorUnavailable, Return
from shared_models.billing.settings import StripeSettings
from shared_models.billing.stripe_gateway import (
    StripeGateway,
    WebhookMalformed,
    WebhookSignatureInvalid,
    construct_event,
)
from shared_models.kernel.ids import new_id
from shared_models.kernel.money import Money
from tests.shared_models.billing.stripe_server import WEBHOOK_SECRET, StripeServer
from tests.support.ports import free_port


@pytest.fixture
async def gateway(stripe_sandbox: StripeServer) -> AsyncIterator[StripeGateway]:
    await stripe_sandbox.faults()
    gateway = StripeGateway(stripe_sandbox.settings)
    yield gateway
    await gateway.close()
    await stripe_sandbox.faults()


def a_charge(payment_method: str = "pm_card_visa", amount: int = 1000) -> Charge:
    return Charge(new_id(), new_id(), "1", new_id(), Money(amount, "GBP"), payment_method)


def a_return(charge: Charge, taken: Accepted, amount: int) -> Return:
    return Return(charge.tenant_id, charge.payment_id, new_id(), taken.processor_id, Money(amount, "GBP"))


async def taken(gateway: StripeGateway, charge: Charge) -> Accepted:
    outcome = await gateway.charge(charge, key=str(new_id()))
    assert isinstance(outcome, Accepted)
    return outcome


async def test_a_key_charges_once(gateway: StripeGateway, stripe_sandbox: StripeServer) -> None:
    charge, key = a_charge(), str(new_id())
    first, second = [await gateway.charge(charge, key=key) for _ in range(2)]

    assert isinstance(first, Accepted)
    assert first == second
    assert first.processor_id.startswith("pi_")
    assert await stripe_sandbox.charged(charge.order_id) == 1


@pytest.mark.parametrize(
    ("method", "amount", "code"),
    [
        ("pm_card_chargeDeclined", 1000, "card_declined"),
        ("pm_card_chargeDeclinedExpiredCard", 1000, "expired_card"),
        ("pm_card_authenticationRequired", 1000, "authentication_required"),
        ("pm_of_nobody", 1000, "resource_missing"),
        ("pm_card_visa", 1, "amount_too_small"),
    ],
)
async def test_what_is_declined_for_good(gateway: StripeGateway, method: str, amount: int, code: str) -> None:
    outcome = await gateway.charge(a_charge(method, amount), key=str(new_id()))

    assert isinstance(outcome, Declined)
    assert outcome.code == code


async def test_an_outage_is_asked_again_with_the_same_key(gateway: StripeGateway, stripe_sandbox: StripeServer) -> None:
    charge, key = a_charge(), str(new_id())
    await stripe_sandbox.faults(error_rate=1)
    with pytest.raises(ProcessorUnavailable):
        await gateway.charge(charge, key=key)
    await stripe_sandbox.faults(drop_response_rate=1)
    with pytest.raises(ProcessorUnavailable):
        await gateway.charge(charge, key=key)
    await stripe_sandbox.faults()

    assert isinstance(await gateway.charge(charge, key=key), Accepted)
    assert await stripe_sandbox.charged(charge.order_id) == 1, "the answer was lost, the charge was not repeated"


async def test_nobody_there_and_a_wrong_key_are_no_decline(stripe_sandbox: StripeServer) -> None:
    for settings in (
        StripeSettings(stripe_api_base=f"http://127.0.0.1:{free_port()}"),
        StripeSettings(stripe_api_base=stripe_sandbox.url, stripe_api_key=SecretStr("sk_live_unknown")),
    ):
        gateway = StripeGateway(settings)
        with pytest.raises(ProcessorUnavailable):
            await gateway.charge(a_charge(), key=str(new_id()))
        await gateway.close()


async def test_refunds_of_a_charge(gateway: StripeGateway) -> None:
    charge = a_charge()
    money = await taken(gateway, charge)

    part, key = a_return(charge, money, 400), str(new_id())
    first, second = [await gateway.refund(part, key=key) for _ in range(2)]
    assert isinstance(first, Accepted)
    assert first == second

    too_much = await gateway.refund(a_return(charge, money, 601), key=str(new_id()))
    assert isinstance(too_much, Declined)
    assert isinstance(await gateway.refund(a_return(charge, money, 600), key=str(new_id())), Accepted)
    assert await gateway.refund(a_return(charge, money, 1), key=str(new_id())) == Declined("charge_already_refunded")


EVENT = '{"id":"evt_1","object":"event","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1"}}}'
SETTINGS = StripeSettings(stripe_webhook_secret=SecretStr(WEBHOOK_SECRET))


def signed(body: str, *, secret: str = WEBHOOK_SECRET, age: int = 0) -> str:
    header: str = stripe.WebhookSignature.generate_signature_header(body, secret, int(time.time()) - age)
    return header


def test_a_signed_event_is_read() -> None:
    event = construct_event(EVENT.encode(), signed(EVENT, age=200), SETTINGS)
    assert (event.id, event.type) == ("evt_1", "payment_intent.succeeded")


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (EVENT, None),
        (EVENT, ""),
        (EVENT, "t=,v1="),
        (EVENT, "nonsense"),
        (EVENT, signed(EVENT, secret="whsec_of_somebody_else")),
        (EVENT, signed(EVENT, age=301)),
        (EVENT.replace("pi_1", "pi_2"), signed(EVENT)),
    ],
    ids=["none", "empty", "blank", "nonsense", "forged", "stale", "altered"],
)
def test_what_is_no_event_of_stripes(body: str, signature: str | None) -> None:
    with pytest.raises(WebhookSignatureInvalid):
        construct_event(body.encode(), signature, SETTINGS)


@pytest.mark.parametrize("body", ["no json", "[]", '{"object":"v2.core.event"}', EVENT.replace('"pi_1"', "1")])
def test_what_is_signed_and_no_event(body: str) -> None:
    with pytest.raises(WebhookMalformed):
        construct_event(body.encode(), signed(body), SETTINGS)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(WebhookSignatureInvalid):
        construct_event(b"\xff\xfe", signed("x"), SETTINGS)


def test_without_a_secret_every_webhook_is_refused() -> None:
    with pytest.raises(WebhookSignatureInvalid):
        construct_event(EVENT.encode(), signed(EVENT, secret=""), StripeSettings(stripe_webhook_secret=SecretStr("")))
