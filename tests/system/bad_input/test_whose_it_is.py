"""What belongs to another tenant is neither shown nor changed."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.support.platform import Client
from tests.system.bad_input.caller import Caller


@pytest.mark.parametrize(
    ("query", "of"),
    [
        (
            "query($id: ID!) { order(id: $id) { id status payment { id } auditTrail { totalCount } } }",
            "order",
        ),
        ("query($id: ID!) { payment(id: $id) { id status } }", "payment"),
    ],
)
async def test_what_belongs_to_another_tenant_is_not_there(
    belongings: dict[str, str], unchanged: None, neighbour: Client, query: str, of: str
) -> None:
    assert list((await neighbour.data(query, id=belongings[of])).values()) == [None]


@pytest.mark.parametrize(
    ("mutation", "of"),
    [
        ("mutation($id: ID!) { cancelOrder(input: {id: $id}) { order { id } userErrors { code } } }", "order"),
        ("mutation($id: ID!) { fulfilOrder(input: {id: $id}) { order { id } userErrors { code } } }", "order"),
        (
            'mutation($id: ID!) { refundPayment(input: {paymentId: $id, idempotencyKey: "mine"}) {'
            " refund { id } userErrors { code } } }",
            "payment",
        ),
        (
            "mutation($id: ID!) { adjustStock(input: {variantId: $id, delta: 5}) {"
            " variant { id } userErrors { code } } }",
            "variant",
        ),
        (
            'mutation($id: ID!) { updatePrice(input: {variantId: $id, price: {amount: 1, currency: "GBP"}}) {'
            " variant { id } userErrors { code } } }",
            "variant",
        ),
    ],
)
async def test_what_belongs_to_another_tenant_cannot_be_changed(
    belongings: dict[str, str], unchanged: None, neighbour: Client, mutation: str, of: str
) -> None:
    ((_, payload),) = (await neighbour.data(mutation, id=belongings[of])).items()
    errors = payload.pop("userErrors")
    assert [error["code"].endswith("NOT_FOUND") for error in errors] == [True], errors
    assert list(payload.values()) == [None]


async def test_another_tenants_live_updates_are_not_told(
    belongings: dict[str, str], unchanged: None, neighbour: Client, caller: Caller
) -> None:
    caller.token = neighbour.token
    body = {
        "query": "subscription($id: ID!) { orderUpdated(id: $id) { id status } }",
        "variables": {"id": belongings["order"]},
    }
    async with asyncio.timeout(60):
        answer = await caller.send(body, accept="text/event-stream")
    (told,) = [line.removeprefix("data:") for line in answer.body.splitlines() if line.startswith("data: {")]
    (error,) = json.loads(told)["errors"]
    assert error["extensions"]["code"] == "NOT_FOUND"
    assert json.loads(told)["data"] is None


async def test_lists_hold_nothing_of_another_tenant(
    belongings: dict[str, str], unchanged: None, neighbour: Client, caller: Caller
) -> None:
    caller.token = neighbour.token
    answer = await caller.send(
        {
            "query": "{ orders(first: 100) { edges { node { id } } } users(first: 100) { edges { node { id email } } }"
            " auditLog(first: 100) { edges { node { id actor { id } data } } }"
            " products(first: 100) { edges { node { variants { id } } } } ledger(first: 100) { totalCount } }"
        }
    )
    assert "errors" not in answer.json
    assert [name for name, id_ in belongings.items() if id_ in answer.body] == []
    assert "premium" not in answer.body
