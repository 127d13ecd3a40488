"""A JSON array of operations, where the settings allow it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ..http_subgraph import HttpSubgraph
from ..running import RunningRouter, running
from ..shop import shop

QUERY = '{ order(id: "o1") { number } }'


@pytest.fixture
async def batching(tmp_path: Path) -> AsyncIterator[RunningRouter]:
    async with running([HttpSubgraph(subgraph) for subgraph in shop()], tmp_path, router_batch_limit=3) as router:
        yield router


async def send(router: RunningRouter, body: Any, accept: str = "application/json") -> tuple[int, Any]:
    data = body if isinstance(body, str) else json.dumps(body)
    headers = {"content-type": "application/json", "accept": accept}
    async with router.session.post(f"{router.url}/graphql", data=data, headers=headers) as response:
        return response.status, await response.json(content_type=None)


async def test_answers_stand_in_the_order_of_the_questions(batching: RunningRouter) -> None:
    asked = [{"query": QUERY}, {"query": "{ nothing }"}, {"query": "query Q($id: ID!) { order(id: $id) { id } }"}]
    asked[2]["variables"] = {"id": "o1"}  # type: ignore[assignment]
    status, answers = await send(batching, asked)
    assert status == 200
    assert answers[0] == await batching.post(QUERY)
    assert answers[1]["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert answers[2] == {"data": {"order": {"id": "o1"}}}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([], "BATCH_LIMIT_EXCEEDED"),
        ([{"query": QUERY}] * 4, "BATCH_LIMIT_EXCEEDED"),
        ("[{", "BAD_REQUEST"),
        ("[" * 100_000, "BAD_REQUEST"),
    ],
)
async def test_what_is_no_batch(batching: RunningRouter, body: Any, code: str) -> None:
    status, answer = await send(batching, body)
    assert (status, answer["errors"][0]["extensions"]["code"]) == (400, code)


@pytest.mark.parametrize("item", [1, None, "x", [], {"query": 1}, {}])
async def test_an_item_that_is_no_request_spoils_no_other(batching: RunningRouter, item: Any) -> None:
    _, answers = await send(batching, [{"query": QUERY}, item])
    assert "data" in answers[0]
    assert answers[1]["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_subscription_is_no_part_of_a_batch(batching: RunningRouter) -> None:
    asked = [{"query": 'subscription { orderUpdated(id: "o1") { id } }'}]
    _, answers = await send(batching, asked, "text/event-stream, application/json;q=0.5")
    assert answers[0]["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_it_is_off_unless_it_is_asked_for(router: RunningRouter) -> None:
    status, answer = await send(router, [{"query": QUERY}])
    assert (status, answer["errors"][0]["extensions"]["code"]) == (400, "BATCHING_NOT_SUPPORTED")
