"""A slow subgraph slows nobody who does not need it; a client that leaves takes its fetches with it.

Slow is a subgraph that never answers and may take as long as it likes: what waits for it is still waiting when what
does not is answered.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from ..federation import LINK, TestSubgraph
from ..http_subgraph import HttpSubgraph
from ..running import RunningRouter, running
from ..shop import shop
from .serving import serving, until
from .test_subscriptions import STREAM, UPDATED, Socket, connect

NEEDS_BILLING = '{ order(id: "o1") { status payment { status } } }'
NEEDS_OTHERS = '{ me { name } order(id: "o1") { status } }'
OTHERS = {"data": {"me": {"name": "Owner"}, "order": {"status": "PAID"}}}
CONNECTIONS = 2


@pytest.fixture
async def router(tmp_path: Path) -> AsyncIterator[RunningRouter]:
    subgraphs = [HttpSubgraph(subgraph) for subgraph in shop()]
    async with running(subgraphs, tmp_path, router_timeout=300, router_connections=CONNECTIONS) as router:
        router.subgraphs["billing"].fault = "never"
        yield router


async def until_asked(subgraph: HttpSubgraph, times: int = 1) -> None:
    async with asyncio.timeout(30):
        while len(subgraph.bodies) < times:
            await asyncio.sleep(0.01)


async def end(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_requests_that_do_not_need_it_are_answered(router: RunningRouter) -> None:
    waiting = [asyncio.create_task(router.post(NEEDS_BILLING)) for _ in range(5 * CONNECTIONS)]
    await until_asked(router.subgraphs["billing"], CONNECTIONS)
    async with asyncio.timeout(30):
        answers = await asyncio.gather(*(router.post(NEEDS_OTHERS) for _ in range(20)))
    assert answers == [OTHERS] * 20
    assert not any(task.done() for task in waiting)
    assert len(router.subgraphs["billing"].bodies) == CONNECTIONS
    await end(waiting)


async def test_it_does_not_take_the_connections_of_one_at_the_same_address(tmp_path: Path) -> None:
    """As behind one ingress: only the path says which subgraph is asked."""
    slow = TestSubgraph("slow", LINK + "type Query { slow: Int }", {}, lambda *_: None)
    fast = TestSubgraph("fast", LINK + "type Query { fast: Int }", {"Query.fast": lambda *_: 1}, lambda *_: None)
    entered = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        if request.path == "/slow" and "_service" not in asked["query"]:
            entered.set()
            await asyncio.Event().wait()
        subgraph = slow if request.path == "/slow" else fast
        return web.json_response(await subgraph.answer(asked))

    app = web.Application()
    app.router.add_post("/{name}", answer)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    listed = tmp_path / "both.json"
    listed.write_text(json.dumps([{"name": n, "url": f"http://{host}:{port}/{n}"} for n in ("slow", "fast")]))
    async with serving(subgraphs=listed, router_timeout=300, router_connections=CONNECTIONS) as router:
        await until(lambda: router.fields)
        waiting = [asyncio.create_task(router.post("{ slow }")) for _ in range(5 * CONNECTIONS)]
        async with asyncio.timeout(30):
            await entered.wait()
            assert await router.post("{ fast }") == {"data": {"fast": 1}}
        assert not any(task.done() for task in waiting)
        await end(waiting)
    await runner.cleanup()


async def test_operations_of_one_websocket_do_not_wait_for_each_other(router: RunningRouter) -> None:
    async with connect(router) as raw:
        socket = Socket(raw)
        await socket.start()
        await socket.subscribe("slow", NEEDS_BILLING)
        await until_asked(router.subgraphs["billing"])
        await socket.subscribe("fast", NEEDS_OTHERS)
        assert await socket.hear() == {"id": "fast", "type": "next", "payload": OTHERS}


async def ask_by_http(router: RunningRouter) -> None:
    await router.post(NEEDS_BILLING)


async def ask_by_get(router: RunningRouter) -> None:
    async with router.session.get(f"{router.url}/graphql", params={"query": NEEDS_BILLING}) as response:
        await response.read()


async def ask_for_a_stream(router: RunningRouter, query: str = NEEDS_BILLING) -> None:
    async with router.session.post(f"{router.url}/graphql", json={"query": query}, headers=STREAM) as response:
        await response.read()


async def subscribe_by_stream(router: RunningRouter) -> None:
    await ask_for_a_stream(router, UPDATED)


async def ask_by_websocket(router: RunningRouter, query: str = NEEDS_BILLING) -> None:
    async with connect(router) as raw:
        socket = Socket(raw)
        await socket.start()
        await socket.subscribe("1", query)
        await raw.receive()


async def subscribe_by_websocket(router: RunningRouter) -> None:
    await ask_by_websocket(router, UPDATED)


async def ask_and_complete(router: RunningRouter) -> None:
    async with connect(router) as raw:
        socket = Socket(raw)
        await socket.start()
        await socket.subscribe("1", NEEDS_BILLING)
        await until_asked(router.subgraphs["billing"])
        await socket.say(type="complete", id="1")
        await raw.receive()


@pytest.mark.parametrize(
    "ask",
    [
        ask_by_http,
        ask_by_get,
        ask_for_a_stream,
        subscribe_by_stream,
        ask_by_websocket,
        subscribe_by_websocket,
    ],
)
async def test_a_client_that_leaves_ends_its_fetches(
    router: RunningRouter, ask: Callable[[RunningRouter], Coroutine[Any, Any, None]]
) -> None:
    billing = router.subgraphs["billing"]
    client = asyncio.create_task(ask(router))
    await until_asked(billing)
    assert not billing.cancelled.is_set()
    await end([client])
    async with asyncio.timeout(30):
        assert await billing.cancelled.wait()


async def test_a_client_that_completes_an_operation_ends_its_fetches(router: RunningRouter) -> None:
    client = asyncio.create_task(ask_and_complete(router))
    async with asyncio.timeout(30):
        assert await router.subgraphs["billing"].cancelled.wait()
    assert not client.done()
    await end([client])


async def test_one_that_leaves_takes_no_connection_along(router: RunningRouter) -> None:
    billing = router.subgraphs["billing"]
    for number in range(3 * CONNECTIONS):
        client = asyncio.create_task(ask_by_http(router))
        await until_asked(billing, number + 1)
        await end([client])
    billing.fault = ""
    async with asyncio.timeout(30):
        answer = await router.post(NEEDS_BILLING)
    assert answer == {"data": {"order": {"status": "PAID", "payment": {"status": "CAPTURED"}}}}


async def test_one_that_leaves_does_not_end_the_fetches_of_another(router: RunningRouter) -> None:
    billing = router.subgraphs["billing"]
    first, second = (asyncio.create_task(ask_by_http(router)) for _ in range(2))
    await until_asked(billing, 2)
    await end([first])
    async with asyncio.timeout(30):
        await billing.cancelled.wait()
    billing.cancelled.clear()
    assert await router.post(NEEDS_OTHERS) == OTHERS
    assert not billing.cancelled.is_set()
    assert not second.done()
    await end([second])
