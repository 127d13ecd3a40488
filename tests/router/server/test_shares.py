"""What one client may hold open: refused beyond, given back at the end, and nobody else's concern."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientWebSocketResponse, WSServerHandshakeError

from ..http_subgraph import HttpSubgraph
from ..issuer import Issuer
from ..running import RunningRouter, running
from ..shop import shop

SUBSCRIPTION = 'subscription { orderUpdated(id: "o1") { status } }'


@pytest.fixture
async def sharing(tmp_path: Path, issuer: Issuer) -> AsyncIterator[RunningRouter]:
    subgraphs = [HttpSubgraph(subgraph) for subgraph in shop()]
    async with running(
        subgraphs,
        tmp_path,
        jwks_url=issuer.url,
        router_subscriptions_per_client=2,
        router_websockets_per_client=3,
        router_batch_limit=5,
    ) as router:
        router.subgraphs["orders"].fault = "stall-stream"
        yield router


async def stream(router: RunningRouter, **headers: str) -> ClientResponse:
    return await router.session.post(
        f"{router.url}/graphql", json={"query": SUBSCRIPTION}, headers={"accept": "text/event-stream", **headers}
    )


async def over_websocket(router: RunningRouter, stack: AsyncExitStack, **payload: Any) -> ClientWebSocketResponse:
    address = f"{router.url}/graphql"
    socket: ClientWebSocketResponse = await stack.enter_async_context(
        router.session.ws_connect(address, protocols=("graphql-transport-ws",))
    )
    await socket.send_json({"type": "connection_init", "payload": payload})
    assert (await socket.receive_json(timeout=30))["type"] == "connection_ack"
    return socket


async def subscribed(socket: ClientWebSocketResponse, id_: str) -> Any:
    """The type of the answer, or the code of the refusal."""
    await socket.send_json({"type": "subscribe", "id": id_, "payload": {"query": SUBSCRIPTION}})
    while (message := await socket.receive_json(timeout=30)).get("id") != id_:
        pass
    return message["payload"][0]["extensions"]["code"] if message["type"] == "error" else message["type"]


async def until_free(router: RunningRouter, most: int) -> None:
    async with asyncio.timeout(30):
        while len(router.server.state.subscriptions) > most:
            await asyncio.sleep(0.01)


async def test_subscriptions_are_counted_over_both_protocols_and_given_back(sharing: RunningRouter) -> None:
    async with AsyncExitStack() as stack:
        first = await stream(sharing)
        assert first.status == 200
        socket = await over_websocket(sharing, stack)
        assert await subscribed(socket, "1") == "next"
        assert await subscribed(socket, "2") == "TOO_MANY_SUBSCRIPTIONS"
        refused = await stream(sharing)
        assert refused.status == 429
        assert refused.content_type == "application/json"
        assert (await refused.json())["errors"][0]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"
        # Everything else goes on, and so does what is open.
        assert await sharing.post("{ me { name } }") == {"data": {"me": {"name": "Owner"}}}
        await socket.send_json({"type": "complete", "id": "1"})
        await until_free(sharing, 1)
        assert await subscribed(socket, "3") == "next"
        first.close()
        await until_free(sharing, 1)
        second = await stream(sharing)
        assert second.status == 200
        second.close()
    await until_free(sharing, 0)


async def test_whoever_has_a_token_is_counted_by_it(sharing: RunningRouter, issuer: Issuer) -> None:
    async with AsyncExitStack() as stack:
        for claims in ({}, {"sub": "u1"}, {"sub": "u2"}, {"sub": "u1", "tid": "t2"}):
            bearer = issuer.bearer(**claims) if claims else {}
            socket = await over_websocket(sharing, stack, **bearer) if len(claims) == 1 else None
            for number in range(2):
                if socket is not None:
                    assert await subscribed(socket, str(number)) == "next"
                else:
                    response = await stream(sharing, **bearer)
                    assert response.status == 200
                    stack.callback(response.close)
            refused = await stream(sharing, **(issuer.bearer(**claims) if claims else {}))
            assert refused.status == 429


async def test_what_ends_by_itself_is_given_back(sharing: RunningRouter) -> None:
    sharing.subgraphs["orders"].fault = ""
    for _ in range(5):
        response = await stream(sharing)
        assert response.status == 200
        await response.read()
    sharing.subgraphs["orders"].fault = "refuse"
    for _ in range(5):
        response = await stream(sharing)
        assert response.status == 200
        await response.read()
    await until_free(sharing, 0)


async def test_a_subscription_in_a_batch_takes_no_place(sharing: RunningRouter) -> None:
    for _ in range(3):
        async with sharing.session.post(f"{sharing.url}/graphql", json=[{"query": SUBSCRIPTION}]) as response:
            await response.read()
    assert len(sharing.server.state.subscriptions) == 0


async def test_websockets_are_counted_too(sharing: RunningRouter) -> None:
    async with AsyncExitStack() as stack:
        sockets = [await over_websocket(sharing, stack) for _ in range(3)]
        with pytest.raises(WSServerHandshakeError) as refused:
            await over_websocket(sharing, stack)
        assert refused.value.status == 429
        await sockets[0].close()
        async with asyncio.timeout(30):
            while len(sharing.server.state.websockets) > 2:
                await asyncio.sleep(0.01)
        await over_websocket(sharing, stack)


async def test_all_websockets_together_are_bounded(tmp_path: Path) -> None:
    accounts = HttpSubgraph(shop()[0])
    async with running([accounts], tmp_path, router_websockets=1) as router, AsyncExitStack() as stack:
        await over_websocket(router, stack)
        headers = {
            "connection": "Upgrade",
            "upgrade": "websocket",
            "sec-websocket-version": "13",
            "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        async with router.session.get(f"{router.url}/graphql", headers=headers) as response:
            assert response.status == 429
            assert json.loads(await response.text())["errors"][0]["extensions"]["code"] == "TOO_MANY_CONNECTIONS"
