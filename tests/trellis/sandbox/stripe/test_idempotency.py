"""Idempotency keys: the promise that a retried payment is one payment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.trellis.sandbox.stripe.conftest import Sandbox, StartSandbox

Payment = Any


def test_same_key_answers_the_same_and_charges_once(sandbox: Sandbox, payment: Payment) -> None:
    client = sandbox.client()
    first = client.v1.payment_intents.create(payment, {"idempotency_key": "k"})
    again = client.v1.payment_intents.create(payment, {"idempotency_key": "k"})
    assert again == first
    assert first.last_response is not None
    assert again.last_response is not None
    assert "idempotent-replayed" not in {name.lower() for name in first.last_response.headers}
    replayed = {name.lower(): value for name, value in again.last_response.headers.items()}
    assert replayed["idempotent-replayed"] == "true"
    assert sandbox.state()["charge"] == {"succeeded": 1}


def test_a_decline_is_replayed_too(sandbox: Sandbox, payment: Payment) -> None:
    client = sandbox.client()
    declining = payment | {"payment_method": "pm_card_chargeDeclined"}
    intents = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as declined:
            client.v1.payment_intents.create(declining, {"idempotency_key": "k"})
        assert declined.value.error is not None
        assert declined.value.error.payment_intent is not None
        intents.append(declined.value.error.payment_intent.id)
    assert intents[0] == intents[1]
    assert sandbox.state()["charge"] == {"failed": 1}


def test_other_parameters_or_another_endpoint_are_refused(sandbox: Sandbox, payment: Payment) -> None:
    client = sandbox.client()
    intent = client.v1.payment_intents.create(payment, {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError) as refused:
        client.v1.payment_intents.create(payment | {"amount": 9999}, {"idempotency_key": "k"})
    assert refused.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError):
        client.v1.refunds.create({"payment_intent": intent.id}, {"idempotency_key": "k"})
    assert sandbox.state()["refund"] == {}


def test_a_refund_is_given_once(sandbox: Sandbox, payment: Payment) -> None:
    client = sandbox.client()
    intent = client.v1.payment_intents.create(payment)
    order: Any = {"payment_intent": intent.id, "amount": 100}
    refunds = {client.v1.refunds.create(order, {"idempotency_key": "r"}).id for _ in range(3)}
    assert len(refunds) == 1
    assert sandbox.state()["refunded"] == {"gbp": 100}


def test_invalid_request_leaves_the_key_free(sandbox: Sandbox, payment: Payment) -> None:
    client = sandbox.client()
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create(payment | {"amount": 1}, {"idempotency_key": "k"})
    assert client.v1.payment_intents.create(payment, {"idempotency_key": "k"}).status == "succeeded"


def test_use_at_the_same_time_is_a_conflict(sandbox: Sandbox, payment: Payment) -> None:
    sandbox.fault(latency_ms=300)

    def pay(_: int) -> str:
        try:
            return str(sandbox.client().v1.payment_intents.create(payment, {"idempotency_key": "k"}).status)
        except stripe.StripeError as error:
            assert isinstance(error.json_body, dict)  # noqa: PT017 -- most of the calls are to fail
            return f"{error.http_status} {error.json_body['error']['code']}"

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(pay, range(4)))
    assert answers == [*["409 idempotency_key_in_use"] * 3, "succeeded"]
    assert sandbox.state()["charge"] == {"succeeded": 1}


def test_restart_remembers_keys_and_payments(start_sandbox: StartSandbox, payment: Payment) -> None:
    before = start_sandbox()
    first = before.client().v1.payment_intents.create(payment, {"idempotency_key": "k"})
    before.stop()
    after = start_sandbox()
    assert after.client().v1.payment_intents.create(payment, {"idempotency_key": "k"}).id == first.id
    assert after.client().v1.payment_intents.retrieve(first.id).status == "succeeded"
    assert after.state()["charge"] == {"succeeded": 1}


def test_file_that_is_no_database_is_named(tmp_path: Path, free_port: Callable[[], int]) -> None:
    from trellis.sandbox.stripe.store import SandboxDatabaseError, Store

    path = tmp_path / "stripe.sqlite"
    path.write_text("a letter, much longer than the header of a database " * 100)
    with pytest.raises(SandboxDatabaseError, match=f"cannot use {path}"):
        Store(path)
