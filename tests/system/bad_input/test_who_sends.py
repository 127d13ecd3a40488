"""What only the router, or a processor of payments, may send to a subgraph."""

from __future__ import annotations

import json
import time

import pytest

from subgraphs.edge.signature import HEADER, RouterSignature
from tests.support.platform import Platform
from tests.system.bad_input.caller import Caller
from trellis.domains import DOMAINS, PORTS


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("domain", DOMAINS)
async def test_a_subgraph_answers_its_router_alone(platform: Platform, nobody: Caller, domain: str) -> None:
    secret = platform.settings().secret.get_secret_value()
    body = json.dumps({"query": "{ __typename }"}).encode()
    now = time.time()
    mine = RouterSignature(secret, domain)
    other = RouterSignature(secret, next(name for name in DOMAINS if name != domain))
    signatures = {
        "none": "",
        "nonsense": "t=1,v1=zz",
        "an old one": mine.sign("", body, now - 120),
        "one of tomorrow": mine.sign("", body, now + 120),
        "another subgraph's": other.sign("", body, now),
        "another body's": mine.sign("", b"{}", now),
        "another caller's": mine.sign("Bearer x", body, now),
        "another secret's": RouterSignature("x" * 64, domain).sign("", body, now),
    }
    port = PORTS[domain]
    for name, signature in signatures.items():
        answer = await nobody.send(body, port=port, **{HEADER: signature})
        assert (name, answer.status, answer.codes) == (name, 401, ["ROUTER_SIGNATURE_INVALID"])
    good = await nobody.send(body, port=port, **{HEADER: mine.sign("", body, now)})
    assert (good.status, good.json) == (200, {"data": {"__typename": "Query"}})
    unknown = await nobody.send(body, port=port, path="/nonsense")
    assert (unknown.status, unknown.codes) == (404, ["NOT_FOUND"])


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("port", "path", "headers", "status"),
    [
        (4, "/webhooks/stripe", {}, 400),
        (4, "/webhooks/stripe", {"stripe-signature": "nonsense"}, 400),
        (4, "/webhooks/stripe", {"stripe-signature": f"t={int(time.time())},v1={'0' * 64}"}, 400),
        (3, "/webhooks/shopify", {}, 401),
        (3, "/webhooks/shopify", {"x-shopify-hmac-sha256": "bm9uc2Vuc2U="}, 401),
        (3, "/webhooks/shopify", {"x-shopify-hmac-sha256": "\xff"}, 401),
    ],
)
async def test_a_forged_webhook_is_refused(
    belongings: dict[str, str], nobody: Caller, port: int, path: str, headers: dict[str, str], status: int
) -> None:
    event = {
        "id": "evt_forged",
        "type": "payment_intent.succeeded",
        "data": {"object": {"id": "pi_forged", "amount": 1, "currency": "gbp", "metadata": dict(belongings)}},
    }
    for body in (json.dumps(event).encode(), b"\xff\xfe", b""):
        answer = await nobody.send(body, port=port, path=path, **headers)
        assert (answer.status, answer.codes) == (status, ["WEBHOOK_SIGNATURE_INVALID"])
