"""Subscriptions over server-sent events and websockets, against a real router and real subgraphs."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from ..http_subgraph import HttpSubgraph
from ..issuer import Issuer
from ..running import RunningRouter, running
from ..shop import shop

UPDATED = 'subscription { orderUpdated(id: "o1") { status payment { status } } }'
STREAM = {"accept": "text/event-stream"}
EVENTS = [
    {"data": {"orderUpdated": {"status": status, "payment": {"status": "CAPTURED"}}}}
    for status in ("PLACED", "RESERVED", "PAID")
]
#: Seconds that a token is good for which is to expire; its time to be used is up to a second less.
BRIEFLY = 4.0


async def read_stream(router: RunningRouter, query: str, **headers: str) -> list[tuple[str, Any]]:
    async with router.session.post(
        f"{router.url}/graphql", json={"query": query}, headers={**STREAM, **headers}
    ) as response:
        assert response.content_type == "text/event-stream"
        events: list[tuple[str, Any]] = []
        for block in (await response.text()).split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":") and line)
            if lines:
                events.append((lines["event"], json.loads(lines["data"]) if lines["data"] else None))
        return events


async def test_events_join_entities_of_other_subgraphs(router: RunningRouter) -> None:
    assert await read_stream(router, UPDATED) == [*(("next", event) for event in EVENTS), ("complete", None)]


async def test_a_query_may_be_streamed_too(router: RunningRouter) -> None:
    assert await read_stream(router, "{ me { name } }") == [
        ("next", {"data": {"me": {"name": "Owner"}}}),
        ("complete", None),
    ]


async def test_a_subgraph_that_refuses_the_subscription(router: RunningRouter) -> None:
    router.subgraphs["orders"].fault = "refuse"
    (kind, payload), end = await read_stream(router, UPDATED)
    assert kind == "next"
    assert payload["errors"][0]["extensions"] == {"code": "ROUTER_SIGNATURE_INVALID", "service": "orders"}
    assert end == ("complete", None)


async def test_idle_streams_are_kept_alive_and_leaving_ends_the_source(router: RunningRouter) -> None:
    subgraph = router.subgraphs["orders"]
    subgraph.fault = "stall-stream"
    async with router.session.post(f"{router.url}/graphql", json={"query": UPDATED}, headers=STREAM) as response:
        async with asyncio.timeout(30):
            seen = b""
            while not seen.endswith(b":\n\n") or b"PLACED" not in seen:
                seen += await response.content.readany()
        response.close()
    async with asyncio.timeout(30):
        assert await subgraph.cancelled.wait()


async def test_an_expired_token_ends_the_stream(router: RunningRouter, issuer: Issuer) -> None:
    router.subgraphs["orders"].fault = "stall-stream"
    events = await read_stream(router, UPDATED, **issuer.bearer(lifetime=BRIEFLY))
    assert events[0] == ("next", EVENTS[0])
    assert events[1][1]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert events[2] == ("complete", None)


async def test_subscriptions_take_no_connection_from_requests_and_are_bounded(tmp_path: Path) -> None:
    accounts, orders = (HttpSubgraph(subgraph) for subgraph in (shop()[0], shop()[2]))
    assert orders.subgraph.name == "orders"
    orders.fault = "stall-stream"
    limits = {"router_connections": 1, "router_subscriptions": 1, "router_timeout": 2.0}
    async with running([accounts, orders], tmp_path, **limits) as router:
        subscription = 'subscription { orderUpdated(id: "o1") { status } }'
        async with router.session.post(f"{router.url}/graphql", json={"query": subscription}, headers=STREAM):
            await orders.entered.wait()
            assert await router.post('{ order(id: "o1") { status } }') == {"data": {"order": {"status": "PAID"}}}
            (_, refused), _ = await read_stream(router, subscription)
            assert refused["errors"][0]["extensions"] == {"code": "SUBREQUEST_TIMEOUT", "service": "orders"}


class Socket:
    """A client of graphql-transport-ws."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, **message: Any) -> None:
        await self.socket.send_json(message)

    async def hear(self) -> dict[str, Any]:
        while True:
            heard: dict[str, Any] = await self.socket.receive_json(timeout=30)
            if heard["type"] != "ping":
                return heard

    async def start(self, **init: Any) -> None:
        await self.say(type="connection_init", **init)
        assert await self.hear() == {"type": "connection_ack"}

    async def subscribe(self, id_: str, query: str) -> None:
        await self.say(type="subscribe", id=id_, payload={"query": query})

    async def closed(self) -> int | None:
        while not self.socket.closed:
            await self.socket.receive(timeout=30)
        return self.socket.close_code


def connect(router: RunningRouter, protocols: tuple[str, ...] = ("graphql-transport-ws",), **headers: str) -> Any:
    return router.session.ws_connect(f"{router.url}/graphql", protocols=protocols, headers=headers)


async def test_a_websocket_carries_several_operations(router: RunningRouter, issuer: Issuer) -> None:
    async with connect(router) as raw:
        socket = Socket(raw)
        await socket.start(payload=issuer.bearer())
        await socket.say(type="ping")
        assert await socket.hear() == {"type": "pong"}
        await socket.subscribe("1", UPDATED)
        heard = [await socket.hear() for _ in range(4)]
        assert [message.get("payload") for message in heard] == [*EVENTS, None]
        assert heard[-1] == {"id": "1", "type": "complete"}
        await socket.subscribe("1", "{ nobody }")
        refused = await socket.hear()
        assert refused["type"] == "error"
        assert refused["payload"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        await socket.subscribe("1", "{ me { name } }")
        assert (await socket.hear())["payload"] == {"data": {"me": {"name": "Owner"}}}
        assert (await socket.hear())["type"] == "complete"
    assert "authorization" in router.subgraphs["orders"].headers[0]
    assert router.subgraphs["orders"].headers[0]["x-forwarded-for"] == "127.0.0.1"


async def test_a_document_may_be_named_by_its_hash_alone(router: RunningRouter) -> None:
    query = 'subscription { orderUpdated(id: "o1") { number } }'
    name = hashlib.sha256(query.encode()).hexdigest()
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": name}}
    async with connect(router) as raw:
        socket = Socket(raw)
        await socket.start()
        payloads: list[dict[str, Any]] = [
            {"extensions": extensions},
            {"documentId": f"sha256:{name}"},
            {"documentId": None},
            {"query": query, "extensions": extensions},
            {"extensions": extensions},
            {"documentId": f"sha256:{name}"},
        ]
        heard = []
        for number, payload in enumerate(payloads):
            await socket.say(type="subscribe", id=str(number), payload=payload)
            message = await socket.hear()
            while message["type"] == "next":
                heard.append(message["payload"]["data"])
                message = await socket.hear()
            if message["type"] == "error":
                heard.append(message["payload"][0]["extensions"]["code"])
    unknown = "PERSISTED_QUERY_NOT_FOUND"
    assert heard == [unknown, unknown, "BAD_REQUEST", *[{"orderUpdated": {"number": "N1"}}] * 9]


async def test_complete_cancels_the_source(router: RunningRouter) -> None:
    subgraph = router.subgraphs["orders"]
    subgraph.fault = "stall-stream"
    async with connect(router) as raw:
        socket = Socket(raw)
        await socket.start()
        await socket.subscribe("1", UPDATED)
        assert (await socket.hear())["type"] == "next"
        await socket.say(type="complete", id="1")
        async with asyncio.timeout(30):
            await subgraph.cancelled.wait()


async def test_an_expired_token_ends_the_operation(router: RunningRouter, issuer: Issuer) -> None:
    router.subgraphs["orders"].fault = "stall-stream"
    async with connect(router) as raw:
        socket = Socket(raw)
        await socket.start(payload=issuer.bearer(lifetime=BRIEFLY))
        await socket.subscribe("1", UPDATED)
        assert (await socket.hear())["type"] == "next"
        ended = await socket.hear()
        assert ended["type"] == "error"
        assert ended["payload"][0]["extensions"]["code"] == "UNAUTHENTICATED"


SUBSCRIBE = {"type": "subscribe", "id": "1", "payload": {"query": UPDATED}}


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([{"type": "connection_init"}, {"type": "connection_init"}], 4429),
        ([SUBSCRIBE], 4401),
        ([{"type": "connection_init"}, SUBSCRIBE, SUBSCRIBE], 4409),
        ([{"type": "connection_init"}, {"type": "start", "id": "1"}], 4400),
        ([{"type": "connection_init"}, {"type": "subscribe", "id": "1"}], 4400),
        ([{"type": "connection_init"}, {"type": "subscribe", "payload": {"query": UPDATED}}], 4400),
        ([{"type": "connection_init"}, [1]], 4400),
        ([{"type": "connection_init", "payload": {"authorization": "Bearer forged"}}], 4403),
    ],
)
async def test_breaking_the_protocol_closes(router: RunningRouter, messages: list[Any], code: int) -> None:
    router.subgraphs["orders"].fault = "stall-stream"
    async with connect(router) as raw:
        for message in messages:
            await raw.send_json(message)
        assert await Socket(raw).closed() == code


async def test_who_says_nothing_is_not_waited_for(impatient: RunningRouter) -> None:
    async with connect(impatient) as raw:
        assert await Socket(raw).closed() == 4408


@pytest.mark.parametrize(
    ("garbage", "code"),
    [
        ("{", 4400),
        ("", 4400),
        ("null", 4400),
        ('{"type": 5}', 4400),
        ("[" * 100_000, 4400),
        ('{"type": "subscribe", "id": "1", "payload": ' + '{"query":' * 50_000, 4400),
        (b"\xff\xfe", 4400),
        ("x" * 2_000_000, 1009),
    ],
)
@pytest.mark.parametrize("is_begun", [True, False])
async def test_garbage_closes(router: RunningRouter, garbage: str | bytes, code: int, is_begun: bool) -> None:
    async with connect(router) as raw:
        if is_begun:
            await Socket(raw).start()
        await (raw.send_str(garbage) if isinstance(garbage, str) else raw.send_bytes(garbage))
        assert await Socket(raw).closed() == code
    assert await router.post("{ me { name } }") == {"data": {"me": {"name": "Owner"}}}


async def test_another_subprotocol_is_not_acceptable(router: RunningRouter) -> None:
    async with connect(router, ("graphql-ws",)) as raw:
        assert await Socket(raw).closed() == 4406


async def test_how_many_operations_a_websocket_may_have_is_a_setting(tmp_path: Path) -> None:
    subgraphs = [HttpSubgraph(subgraph) for subgraph in shop()]
    async with running(subgraphs, tmp_path, router_websocket_operations=1) as router:
        router.subgraphs["orders"].fault = "stall-stream"
        address = f"{router.url}/graphql"
        async with router.session.ws_connect(address, protocols=("graphql-transport-ws",)) as client:
            await client.send_json({"type": "connection_init"})
            assert (await client.receive_json(timeout=30))["type"] == "connection_ack"
            for id_ in ("1", "2"):
                await client.send_json({"type": "subscribe", "id": id_, "payload": {"query": UPDATED}})
            while (message := await client.receive(timeout=30)).type is WSMsgType.TEXT:
                pass
        assert (message.type, client.close_code) == (WSMsgType.CLOSE, 4400)
