"""What clients see when a subgraph fails: always an error with a code and the subgraph's name."""

from __future__ import annotations

import json

import pytest

from ..running import RunningRouter

QUERY = '{ order(id: "o1") { status payment { status } } }'


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("html", "SUBREQUEST_MALFORMED_RESPONSE"),
        ("html-500", "SUBREQUEST_HTTP_ERROR"),
        ("half", "SUBREQUEST_MALFORMED_RESPONSE"),
        ("list", "SUBREQUEST_MALFORMED_RESPONSE"),
        ("empty", "SUBREQUEST_MALFORMED_RESPONSE"),
        ("few-entities", "SUBREQUEST_MALFORMED_RESPONSE"),
        ("refuse", "ROUTER_SIGNATURE_INVALID"),
        ("close", "SUBREQUEST_HTTP_ERROR"),
        ("uncoded", "INTERNAL_SERVER_ERROR"),
    ],
)
async def test_a_failing_entity_fetch_leaves_the_rest(router: RunningRouter, fault: str, code: str) -> None:
    await check_entity_fetch(router, fault, code)


async def test_an_entity_fetch_that_is_never_answered_leaves_the_rest(impatient: RunningRouter) -> None:
    await check_entity_fetch(impatient, "never", "SUBREQUEST_TIMEOUT")


async def check_entity_fetch(router: RunningRouter, fault: str, code: str) -> None:
    router.subgraphs["billing"].fault = fault
    answer = await router.post(QUERY)
    assert answer["data"] == {"order": {"status": "PAID", "payment": None}}
    (error,) = answer["errors"]
    assert error["path"] == ["order"]
    assert error["extensions"] == {"code": code, "service": "billing"}
    assert "secret" not in json.dumps(answer)
    assert "hunter2" not in json.dumps(answer)


async def test_a_value_of_the_wrong_type(router: RunningRouter) -> None:
    router.subgraphs["billing"].fault = "wrong-entities"
    answer = await router.post(QUERY)
    assert answer["data"] == {"order": {"status": "PAID", "payment": None}}
    assert [(e["path"], e["extensions"]["code"]) for e in answer["errors"]] == [
        (["order", "payment"], "INVALID_FIELD_VALUE")
    ]


@pytest.mark.parametrize("fault", ["html", "half", "close", "list"])
async def test_a_failing_root_fetch(router: RunningRouter, fault: str) -> None:
    await check_root_fetch(router, fault)


async def test_a_root_fetch_that_is_never_answered(impatient: RunningRouter) -> None:
    await check_root_fetch(impatient, "never")


async def check_root_fetch(router: RunningRouter, fault: str) -> None:
    router.subgraphs["orders"].fault = fault
    for query in (QUERY, '{ order(id: "o1") { status } }'):
        answer = await router.post(query)
        assert answer["data"] == {"order": None}
        (error,) = answer["errors"]
        assert error["extensions"]["service"] == "orders"


async def test_a_dead_subgraph_does_not_take_the_others(router: RunningRouter) -> None:
    router.subgraphs["billing"].fault = "close"
    answer = await router.post("{ trialBalance { debit } }")
    assert answer["data"] is None
    answer = await router.post("{ me { name } verifyAuditChain { valid } }")
    assert answer == {"data": {"me": {"name": "Owner"}, "verifyAuditChain": {"valid": True}}}


async def test_a_mutation_is_never_sent_twice(router: RunningRouter) -> None:
    router.subgraphs["orders"].fault = "close"
    await router.post('mutation { cancelOrder(input: {id: "o1"}) { order { id } } }')
    assert len(router.subgraphs["orders"].bodies) == 1
    await router.post('{ order(id: "o1") { status } }')
    assert len(router.subgraphs["orders"].bodies) == 3


async def test_a_coded_error_passes_with_its_path(router: RunningRouter) -> None:
    answer = await router.post(
        'mutation { placeOrder(input: {idempotencyKey: "k", paymentMethod: "p", '
        'lines: [{sku: "71053", quantity: 100000}]}) { order { id } } }'
    )
    assert answer["errors"] == [
        {
            "message": "too many",
            "path": ["placeOrder"],
            "extensions": {"code": "BAD_USER_INPUT", "service": "orders"},
        }
    ]
