"""Subscriptions over server-sent events."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import aclosing

import pytest
from litestar import Litestar

from shared_models.kernel.settings import KernelSettings
from subgraphs.edge.event_stream import event_stream
from tests.subgraphs.edge.conftest import BATCHES, CLOSED
from tests.support.subgraph_client import MINT, SubgraphClient, identity_of


async def test_events_come_and_the_stream_completes(client: SubgraphClient):
    response = await client.post(b'{"query": "subscription { ticks(count: 2) }"}', accept="text/event-stream")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.text == (
        ":\n\n"
        'event: next\ndata: {"data":{"ticks":0}}\n\n'
        'event: next\ndata: {"data":{"ticks":1}}\n\n'
        "event: complete\ndata:\n\n"
    )


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("", "BAD_REQUEST"),
    ],
)
async def test_a_mistake_is_an_event_with_its_code(client: SubgraphClient, document: str, code: str):
    (event,) = [event async for event in client.subscribe(document)]
    assert [error["extensions"]["code"] for error in event["errors"]] == [code]


async def test_a_query_may_be_streamed_too(client: SubgraphClient):
    assert [event async for event in client.subscribe("{ hello }")] == [{"data": {"hello": "hello"}}]


async def test_what_breaks_a_subscription_is_hidden(client: SubgraphClient):
    first, second = [event async for event in client.subscribe("subscription { breaks }")]
    assert first == {"data": {"breaks": 1}}
    assert [error["extensions"]["code"] for error in second["errors"]] == ["INTERNAL_SERVER_ERROR"]
    assert "hunter2" not in json.dumps(second)


async def test_each_event_reads_anew(client: SubgraphClient):
    BATCHES.clear()
    events = [event async for event in client.subscribe("subscription { things { id } }")]
    assert len(events) == 2
    assert BATCHES == [1, 1]


async def test_a_client_that_leaves_closes_the_generator(client: SubgraphClient):
    CLOSED.clear()
    async with aclosing(client.subscribe("subscription { ticks(count: 1, wait: true) }")) as events:
        assert await anext(events) == {"data": {"ticks": 0}}
        assert CLOSED == []
    assert CLOSED == ["ticks"]


async def test_the_end_of_the_token_is_the_end_of_the_stream(app: Litestar, kernel_settings: KernelSettings):
    CLOSED.clear()
    token = MINT.token(identity_of(), exp=time.time() + 5)
    client = SubgraphClient(app, "toy", kernel_settings, token=token)
    first, last = [event async for event in client.subscribe("subscription { ticks(count: 1, wait: true) }")]
    assert first == {"data": {"ticks": 0}}
    assert [error["extensions"]["code"] for error in last["errors"]] == ["UNAUTHENTICATED"]
    assert CLOSED == ["ticks"]


async def test_a_quiet_stream_is_kept_alive_and_ends_when_the_process_stops():
    closed = asyncio.Event()
    stopping = asyncio.Event()

    async def silence():
        try:
            await asyncio.Event().wait()
            yield b""
        finally:
            closed.set()

    chunks = []
    async for chunk in event_stream(silence(), stopping=stopping, keep_alive=0.01):
        chunks.append(chunk)
        if len(chunks) == 3:
            stopping.set()
    assert set(chunks) == {b":\n\n"}
    assert closed.is_set()
