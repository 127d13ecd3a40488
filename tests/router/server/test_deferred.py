"""Deferred parts over every protocol, against a real router."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import websockets
from aiohttp import ClientResponse, MultipartReader

from ..http_subgraph import HttpSubgraph
from ..running import RunningRouter, running
from ..shop import shop

QUERY = '{ order(id: "o1") { number ... @defer(label: "pay") { payment { status } } } }'
APOLLO = "multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9"
LATEST = "multipart/mixed; incrementalSpec=v0.2, application/json"
WHOLE = {"data": {"order": {"number": "N1", "payment": {"status": "CAPTURED"}}}}
FIRST = {"data": {"order": {"number": "N1"}}, "hasNext": True}
LATER = {
    "incremental": [{"data": {"payment": {"status": "CAPTURED"}}, "path": ["order"], "label": "pay"}],
    "hasNext": False,
}


@asynccontextmanager
async def asked(router: RunningRouter, query: str, accept: str, **request: Any) -> AsyncIterator[ClientResponse]:
    body = {"query": query, **request}
    async with router.session.post(f"{router.url}/graphql", json=body, headers={"accept": accept}) as response:
        yield response


async def parts(response: ClientResponse) -> AsyncIterator[Any]:
    """Each part as soon as its boundary is there. (aiohttp's own reader waits for what follows.)"""
    rest = b""
    async for chunk in response.content.iter_any():
        rest += chunk
        while b"\r\n---" in rest:
            part, _, rest = rest.partition(b"\r\n---")
            head, _, body = part.partition(b"\r\n\r\n")
            if body:
                assert head == b"\r\ncontent-type: application/json; charset=utf-8"
                yield json.loads(body)
    assert rest == b"--\r\n"


async def all_parts(router: RunningRouter, query: str, accept: str, **request: Any) -> list[Any]:
    async with asked(router, query, accept, **request) as response:
        assert response.content_type == "multipart/mixed"
        return [part async for part in parts(response)]


async def test_the_form_of_2022(router: RunningRouter) -> None:
    async with asked(router, QUERY, APOLLO) as response:
        assert response.headers["content-type"] == 'multipart/mixed; boundary="-"; deferSpec=20220824'
        assert [part async for part in parts(response)] == [FIRST, LATER]


async def test_the_form_of_v02(router: RunningRouter) -> None:
    async with asked(router, QUERY, LATEST) as response:
        assert response.headers["content-type"] == 'multipart/mixed; boundary="-"; incrementalSpec=v0.2'
        assert [part async for part in parts(response)] == [
            {**FIRST, "pending": [{"id": "0", "path": ["order"], "label": "pay"}]},
            {
                "incremental": [{"id": "0", "data": {"payment": {"status": "CAPTURED"}}}],
                "completed": [{"id": "0"}],
                "hasNext": False,
            },
        ]


async def test_the_first_part_is_there_while_the_second_is_not_and_who_leaves_ends_that(tmp_path: Path) -> None:
    async with running([HttpSubgraph(found) for found in shop()], tmp_path, router_timeout=300) as router:
        billing = router.subgraphs["billing"]
        billing.fault = "never"
        async with asked(router, QUERY, APOLLO) as response:
            assert await anext(parts(response)) == FIRST
            await billing.entered.wait()
            assert not billing.cancelled.is_set()
        async with asyncio.timeout(30):
            assert await billing.cancelled.wait()


async def test_a_part_whose_subgraph_never_answers_says_so(impatient: RunningRouter) -> None:
    impatient.subgraphs["billing"].fault = "never"
    first, last = await all_parts(impatient, QUERY, APOLLO)
    assert first == FIRST
    assert last["incremental"][0]["data"] == {"payment": None}
    assert last["incremental"][0]["errors"][0]["extensions"] == {"code": "SUBREQUEST_TIMEOUT", "service": "billing"}
    assert last["hasNext"] is False


async def test_a_stock_reader_reads_it(router: RunningRouter) -> None:
    async with asked(router, QUERY, APOLLO) as response:
        reader = MultipartReader.from_response(response)
        read = []
        while (part := await reader.next()) is not None:
            assert not isinstance(part, MultipartReader)
            read.append(await part.json())
    assert read == [FIRST, LATER]


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/json, multipart/mixed;q=0"])
async def test_who_takes_one_response_gets_it_whole(router: RunningRouter, accept: str) -> None:
    async with asked(router, QUERY, accept) as response:
        assert (response.content_type, await response.json()) == ("application/json", WHOLE)


async def test_nothing_is_deferred_where_the_condition_says_so(router: RunningRouter) -> None:
    query = 'query ($later: Boolean!) { order(id: "o1") { number ... @defer(if: $later) { payment { status } } } }'
    async with asked(router, query, APOLLO, variables={"later": False}) as response:
        assert response.content_type == "application/graphql-response+json"
        assert await response.json() == WHOLE
    assert len(await all_parts(router, query, APOLLO, variables={"later": True})) == 2


async def test_who_takes_nothing_but_parts_gets_one(router: RunningRouter) -> None:
    assert await all_parts(router, "{ me { name } }", "multipart/mixed") == [{"data": {"me": {"name": "Owner"}}}]


async def test_a_refusal_is_no_part(router: RunningRouter) -> None:
    async with asked(router, "{ nothing ... @defer { me { name } } }", APOLLO) as response:
        assert (response.status, response.content_type) == (400, "application/graphql-response+json")
        assert (await response.json())["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_errors_without_a_code_are_masked_in_parts_too(router: RunningRouter) -> None:
    router.subgraphs["billing"].fault = "uncoded"
    for form in (APOLLO, LATEST):
        assert "hunter2" not in json.dumps(await all_parts(router, QUERY, form))


@pytest.mark.parametrize(
    "query",
    [
        'mutation { ... @defer { logIn(input: {email: "a", password: "b"}) { accessToken } } }',
        'subscription { orderUpdated(id: "o1") { ... @defer { number } } }',
        '{ order(id: "o1") { ... @defer(label: "a") { number } ... @defer(label: "a") { status } } }',
    ],
)
async def test_what_the_proposal_forbids_is_refused(router: RunningRouter, query: str) -> None:
    async with asked(router, query, APOLLO) as response:
        assert (await response.json())["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_server_sent_events(router: RunningRouter) -> None:
    async with asked(router, QUERY, "text/event-stream") as response:
        text = await response.text()
    events = [line.removeprefix("data: ") for line in text.split("\n") if line.startswith("data: {")]
    assert [json.loads(event) for event in events] == [FIRST, LATER]
    assert text.endswith("event: complete\ndata: \n\n")


async def test_websockets(router: RunningRouter) -> None:
    url = router.url.replace("http", "ws") + "/graphql"
    async with websockets.connect(url, subprotocols=[websockets.Subprotocol("graphql-transport-ws")]) as socket:
        await socket.send('{"type": "connection_init"}')
        await socket.recv()
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": QUERY}}))
        received = [json.loads(await socket.recv()) for _ in range(3)]
    assert received == [
        {"id": "1", "type": "next", "payload": FIRST},
        {"id": "1", "type": "next", "payload": LATER},
        {"id": "1", "type": "complete"},
    ]
