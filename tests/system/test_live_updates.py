"""Push instead of polling: an order's steps arrive by themselves, over both protocols."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import aiohttp

from tests.support.platform import Client, Platform

UPDATES = "subscription($id: ID!) { orderUpdated(id: $id) { id status } }"


async def test_steps_arrive_as_server_sent_events(
    owner: Client, platform: Platform, http: aiohttp.ClientSession
) -> None:
    order_id = (await owner.place(f"sse-{uuid4()}", ("71053", 1)))["order"]["id"]
    headers = owner.headers() | {"accept": "text/event-stream"}
    statuses = []
    async with (
        asyncio.timeout(60),
        http.post(platform.url, json={"query": UPDATES, "variables": {"id": order_id}}, headers=headers) as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")
        async for line in response.content:
            if line.startswith(b"data:") and line[5:].strip():
                statuses.append(json.loads(line[5:])["data"]["orderUpdated"]["status"])
                if statuses[-1] == "PAID":
                    break
    assert_in_order(statuses)


async def test_steps_arrive_over_a_websocket(owner: Client, platform: Platform, http: aiohttp.ClientSession) -> None:
    statuses: list[str] = []
    async with (
        asyncio.timeout(60),
        http.ws_connect(platform.url.replace("http", "ws"), protocols=["graphql-transport-ws"]) as socket,
    ):
        assert socket.protocol == "graphql-transport-ws"
        await socket.send_json({"type": "connection_init", "payload": {"authorization": f"Bearer {owner.token}"}})
        assert (await socket.receive_json())["type"] == "connection_ack"
        order_id = (await owner.place(f"ws-{uuid4()}", ("71053", 1)))["order"]["id"]
        subscribe: dict[str, Any] = {"query": UPDATES, "variables": {"id": order_id}}
        await socket.send_json({"id": "1", "type": "subscribe", "payload": subscribe})
        while "PAID" not in statuses:
            message = await socket.receive_json()
            assert message["type"] == "next", message
            statuses.append(message["payload"]["data"]["orderUpdated"]["status"])
    assert_in_order(statuses)


def assert_in_order(statuses: list[str]) -> None:
    """Each state at most once, forwards only, up to PAID."""
    steps = ["PLACED", "RESERVED", "PAID"]
    assert statuses[-1] == "PAID"
    positions = [steps.index(status) for status in statuses]
    assert positions == sorted(set(positions))
