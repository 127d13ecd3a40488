"""Webhooks: signed, repeated until accepted, and every event once on record."""

import doctest
from typing import Any

import pytest
import stripe

from tests.trellis.sandbox.stripe.conftest import WEBHOOK_SECRET, Endpoint, StartSandbox
from trellis.sandbox.stripe import faults, form, webhooks

Payment = Any


def test_success_is_told_with_a_signature_that_verifies(
    start_sandbox: StartSandbox, endpoint: Endpoint, payment: Payment
) -> None:
    sandbox = start_sandbox(endpoint.url)
    intent = sandbox.client().v1.payment_intents.create(payment)
    event = endpoint.next_event()
    assert event.type == "payment_intent.succeeded"
    assert event.data.object["id"] == intent.id
    assert event.data.object["metadata"]["order_id"] == "o-1"
    assert sandbox.client().v1.events.retrieve(event.id).type == event.type


def test_forged_signature_does_not_verify(start_sandbox: StartSandbox, endpoint: Endpoint, payment: Payment) -> None:
    start_sandbox(endpoint.url).client().v1.payment_intents.create(payment)
    body, signature = endpoint.received.get(timeout=60)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body.replace(b"1250", b"9250"), signature, WEBHOOK_SECRET)


def test_failure_and_refund_are_told(start_sandbox: StartSandbox, endpoint: Endpoint, payment: Payment) -> None:
    client = start_sandbox(endpoint.url).client()
    with pytest.raises(stripe.CardError):
        client.v1.payment_intents.create(payment | {"payment_method": "pm_card_chargeDeclined"})
    failed = endpoint.next_event()
    assert failed.type == "payment_intent.payment_failed"
    assert failed.data.object["last_payment_error"]["code"] == "card_declined"
    intent = client.v1.payment_intents.create(payment)
    assert endpoint.next_event().type == "payment_intent.succeeded"
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 50})
    told = {event.type: event.data.object for event in (endpoint.next_event(), endpoint.next_event())}
    assert told.keys() == {"refund.created", "charge.refunded"}
    assert told["charge.refunded"]["amount_refunded"] == 50


def test_refused_webhook_comes_again(start_sandbox: StartSandbox, endpoint: Endpoint, payment: Payment) -> None:
    endpoint.answers = [500, 404]
    sandbox = start_sandbox(endpoint.url)
    sandbox.client().v1.payment_intents.create(payment)
    attempts = {endpoint.next_event().id for _ in range(3)}
    assert len(attempts) == 1


def test_restart_delivers_what_was_pending(start_sandbox: StartSandbox, endpoint: Endpoint, payment: Payment) -> None:
    before = start_sandbox("http://127.0.0.1:9/nobody-listens")
    intent = before.client().v1.payment_intents.create(payment)
    before.stop()
    start_sandbox(endpoint.url)
    assert endpoint.next_event().data.object["id"] == intent.id


def test_duplicates_and_disorder_on_demand(
    start_sandbox: StartSandbox, endpoint: Endpoint, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "_SHUFFLE_SECONDS", 3.0)  # far more than all payments take
    sandbox = start_sandbox(endpoint.url)
    sandbox.fault(duplicate_webhooks=True, out_of_order=True, webhook_delay_ms=50, seed=3)
    made = [sandbox.client().v1.payment_intents.create(payment).id for _ in range(6)]
    told = [endpoint.next_event().data.object["id"] for _ in range(12)]
    assert sorted(told) == sorted(made * 2)
    assert list(dict.fromkeys(told)) != made


def test_events_are_listed_by_type(start_sandbox: StartSandbox, payment: Payment) -> None:
    client = start_sandbox().client()
    client.v1.payment_intents.create(payment)
    kinds = [event.type for event in client.v1.events.list().data]
    assert kinds == ["payment_intent.succeeded", "charge.succeeded", "payment_intent.created"]
    assert len(client.v1.events.list({"type": "charge.succeeded"}).data) == 1


@pytest.mark.parametrize("module", [form, webhooks])
def test_examples(module: Any) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
