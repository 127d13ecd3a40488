"""Faults on demand, and what a retry with the same key makes of them."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
import stripe

from tests.trellis.sandbox.stripe.conftest import Sandbox

Payment = Any


def test_outage_does_nothing_and_passes(sandbox: Sandbox, payment: Payment) -> None:
    client = sandbox.client()
    sandbox.fault(error_rate=1)
    with pytest.raises(stripe.APIError) as failed:
        client.v1.payment_intents.create(payment, {"idempotency_key": "k"})
    assert failed.value.http_status == 500
    assert sandbox.state()["payment_intent"] == {}
    sandbox.fault()
    assert client.v1.payment_intents.create(payment, {"idempotency_key": "k"}).status == "succeeded"


def test_lost_answer_is_a_charge_that_the_key_finds_again(sandbox: Sandbox, payment: Payment) -> None:
    client = sandbox.client()
    sandbox.fault(drop_response_rate=1)
    with pytest.raises(stripe.APIConnectionError):
        client.v1.payment_intents.create(payment, {"idempotency_key": "k"})
    assert sandbox.state()["charge"] == {"succeeded": 1}
    sandbox.fault()
    assert client.v1.payment_intents.create(payment, {"idempotency_key": "k"}).status == "succeeded"
    assert sandbox.state("?group_by=order_id")["charges_by"] == {"o-1": {"charges": 1, "captured": 1250}}


def test_double_charge_is_counted(sandbox: Sandbox, payment: Payment) -> None:
    for key in ("k1", "k2"):
        sandbox.client().v1.payment_intents.create(payment, {"idempotency_key": key})
    assert sandbox.state("?group_by=order_id")["charges_by"] == {"o-1": {"charges": 2, "captured": 2500}}


def test_seed_repeats_the_faults(sandbox: Sandbox, payment: Payment) -> None:
    def answers() -> list[int]:
        sandbox.fault(error_rate=0.5, seed=7)
        statuses = []
        for _ in range(20):
            try:
                sandbox.client().v1.payment_intents.create(payment)
                statuses.append(200)
            except stripe.APIError as error:
                statuses.append(error.http_status or 0)
        return statuses

    first = answers()
    assert set(first) == {200, 500}
    assert answers() == first


@pytest.mark.parametrize("body", [b'{"latency": 5}', b"[1]", b"no json"])
def test_unknown_fault_is_refused(sandbox: Sandbox, body: bytes) -> None:
    request = urllib.request.Request(sandbox.url + "/_sandbox/faults", data=body)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    with refused.value as answer:
        assert answer.code == 400
        assert json.load(answer)["error"]["type"] == "invalid_request_error"


def _status(url: str, body: bytes | None = None) -> int:
    request = urllib.request.Request(url, data=body, headers={"authorization": "Bearer sk_test_x"})
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            json.load(error)  # Stripe's error object, whatever happened
            return error.code


def test_health(sandbox: Sandbox) -> None:
    assert [_status(f"{sandbox.url}/health/{kind}") for kind in ("live", "ready")] == [200, 200]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/unicorns", None, 404),
        ("/v1/refunds/re_1/cancel", b"", 404),
        ("/v1/charges", b"amount=100", 404),
        ("/v1/payment_intents", b"\xff\xfe", 400),
        ("/v1/payment_intents", b"amount=1&amount[x]=2", 400),
        ("/v1/payment_intents", b"a" + b"[b]" * 10_000 + b"=1", 400),
        ("/v1/payment_intents", b"description=" + b"x" * 2_000_000, 413),
        ("/_sandbox/unknown", None, 404),
    ],
)
def test_nonsense_is_refused_without_harm(sandbox: Sandbox, path: str, body: bytes | None, status: int) -> None:
    assert _status(sandbox.url + path, body) == status
