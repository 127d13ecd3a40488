"""What subscribers get where the subgraph of their subscription breaks off, falls silent, floods or talks nonsense."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from ..faulty_subgraph import Behaviour, FaultySubgraph, Wire
from ..federation import LINK, TestSubgraph
from ..http_subgraph import HttpSubgraph
from ..running import RunningRouter, running

TICK = (
    LINK
    + 'type Query { tick: Tick } type Subscription { ticked: Tick } type Tick @key(fields: "id") { id: ID! at: Int }'
)
NAME = LINK + 'type Query { other: Int } type Tick @key(fields: "id") { id: ID! name: String }'
TICKED = "subscription { ticked { at } }"
NAMED = "subscription { ticked { at name } }"
LIMIT = 100_000
SILENCE = 4.0
HTTP, MALFORMED, TIMEOUT = "SUBREQUEST_HTTP_ERROR", "SUBREQUEST_MALFORMED_RESPONSE", "SUBREQUEST_TIMEOUT"

Listen = Callable[[RunningRouter, str], Awaitable[list[Any]]]
End = Callable[[Wire], Awaitable[None]]


def subgraphs() -> tuple[Any, Any]:
    tick = FaultySubgraph(TestSubgraph("tick", TICK, {}, lambda *_: None))
    name = TestSubgraph("name", NAME, {"Tick.name": lambda tick, _: f"tick {tick['id']}"}, lambda _, found: found)
    return tick, HttpSubgraph(name)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def all_of_them(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningRouter]:
    folder = tmp_path_factory.mktemp("streams")
    async with running([*subgraphs()], folder, router_response_limit=LIMIT, router_keep_alive=0.1) as router:
        yield router


@pytest.fixture
def router(all_of_them: RunningRouter) -> RunningRouter:
    all_of_them.subgraphs["name"].reset()
    return all_of_them


@pytest.fixture
async def impatient(tmp_path: Path) -> AsyncIterator[RunningRouter]:
    """One that gives up soon."""
    limits = {"router_timeout": 1.5, "router_subscription_silence": SILENCE}
    async with running([*subgraphs()], tmp_path, router_keep_alive=0.1, **limits) as router:
        yield router


def ticks_of(router: RunningRouter) -> Any:
    return router.subgraphs["tick"]


async def listen_by_events(router: RunningRouter, query: str) -> list[Any]:
    """The payloads, and `complete`."""
    heard: list[Any] = []
    async with (
        asyncio.timeout(60),
        router.session.post(
            f"{router.url}/graphql", json={"query": query}, headers={"accept": "text/event-stream"}
        ) as response,
    ):
        for block in (await response.text()).split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
            if lines:
                heard.append(json.loads(lines["data"]) if lines["event"] == "next" else lines["event"])
    return heard


async def listen_by_websocket(router: RunningRouter, query: str) -> list[Any]:
    """The same over the other protocol."""
    heard: list[Any] = []
    async with (
        asyncio.timeout(60),
        router.session.ws_connect(f"{router.url}/graphql", protocols=("graphql-transport-ws",)) as socket,
    ):
        await socket.send_json({"type": "connection_init"})
        await socket.send_json({"type": "subscribe", "id": "1", "payload": {"query": query}})
        while "complete" not in heard:
            message = await socket.receive_json()
            if message["type"] == "next":
                heard.append(message["payload"])
            elif message["type"] in ("complete", "error"):
                heard.append(message["type"])
    return heard


both_protocols = pytest.mark.parametrize("listen", [listen_by_events, listen_by_websocket])

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n:\n\n"
COMPLETE = b"event: complete\ndata:\n\n"


def event(payload: bytes | None = None, at: int = 1) -> bytes:
    """A `next` event, by default a right one."""
    data = b'{"data":{"ticked":{"__typename":"Tick","id":"%d","at":%d}}}' % (at, at) if payload is None else payload
    return b"event: next\ndata: " + data + b"\n\n"


def tick(at: int = 1) -> Any:
    return {"data": {"ticked": {"at": at}}}


def told(payload: Any) -> tuple[Any, list[tuple[str, str]]]:
    return payload.get("data"), [(e["extensions"]["code"], e["extensions"]["service"]) for e in payload["errors"]]


async def falls_silent(wire: Wire) -> None:
    await wire.until_closed()


async def closes(wire: Wire) -> None:
    pass


async def resets(wire: Wire) -> None:
    await asyncio.sleep(0.1)
    wire.reset()


async def closes_in_an_event(wire: Wire) -> None:
    await wire.send(event(at=2)[:-5])


async def sends_too_much_on_a_line(wire: Wire) -> None:
    await wire.send(b"event: next\ndata: ")
    for _ in range(16_000):
        await wire.send(b" " * 65_536)


async def sends_too_many_lines(wire: Wire) -> None:
    await wire.send(b"event: next\n")
    for _ in range(16_000):
        await wire.send(b"data: x\n" * 8_192)


async def sends_a_large_event(wire: Wire) -> None:
    await wire.send(event(b" " * LIMIT))


@both_protocols
@pytest.mark.parametrize(
    ("end", "code"),
    [
        (closes, HTTP),
        (resets, HTTP),
        (closes_in_an_event, HTTP),
        (sends_too_much_on_a_line, MALFORMED),
        (sends_too_many_lines, MALFORMED),
        (sends_a_large_event, MALFORMED),
    ],
)
async def test_a_stream_that_breaks_ends_with_a_coded_error(
    router: RunningRouter, listen: Listen, end: End, code: str
) -> None:
    await check_end(router, listen, end, code)


@both_protocols
async def test_one_that_falls_silent_ends_with_one_too(impatient: RunningRouter, listen: Listen) -> None:
    await check_end(impatient, listen, falls_silent, TIMEOUT)


async def check_end(router: RunningRouter, listen: Listen, end: End, code: str) -> None:
    ticks = ticks_of(router)

    async def behave(wire: Wire, _: Any) -> None:
        await wire.send(HEAD + event())
        await end(wire)

    ticks.behave(behave)
    first, last, complete = await listen(router, TICKED)
    assert first == tick()
    assert told(last) == (None, [(code, "tick")])
    assert complete == "complete"
    async with asyncio.timeout(30):
        await ticks.over.wait()  # its connection is closed
    assert ticks.wires[0].sent < 20_000_000


@both_protocols
async def test_signs_of_life_keep_a_quiet_stream(impatient: RunningRouter, listen: Listen) -> None:
    async def behave(wire: Wire, _: Any) -> None:
        await wire.send(HEAD)
        for _ in range(50):
            await asyncio.sleep(SILENCE / 40)
            await wire.send(b": I am here\n")
        await wire.send(event() + COMPLETE)

    ticks_of(impatient).behave(behave)
    assert await listen(impatient, TICKED) == [tick(), "complete"]


@both_protocols
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 3\r\n\r\n<p>", MALFORMED),
        (b"HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 3\r\n\r\n<p>", HTTP),
        (b"HTTP/1.1 500 Oops\r\ncontent-type: text/event-stream\r\n\r\n" + event(), HTTP),
        (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}", MALFORMED),
        (b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n", HTTP),
        (b"", HTTP),
    ],
)
async def test_a_stream_that_does_not_begin(router: RunningRouter, listen: Listen, answer: bytes, code: str) -> None:
    async def behave(wire: Wire, _: Any) -> None:
        await wire.send(answer)

    await check_beginning(router, listen, behave, code)


@both_protocols
async def test_one_of_which_nothing_is_heard(impatient: RunningRouter, listen: Listen) -> None:
    async def behave(wire: Wire, _: Any) -> None:
        await falls_silent(wire)

    await check_beginning(impatient, listen, behave, TIMEOUT)


async def check_beginning(router: RunningRouter, listen: Listen, behave: Behaviour, code: str) -> None:
    ticks_of(router).behave(behave)
    only, complete = await listen(router, TICKED)
    assert [found for found, _ in told(only)[1]] == [code]
    assert complete == "complete"


@both_protocols
@pytest.mark.parametrize(
    ("payload", "data", "code"),
    [
        (b"<html>", {"ticked": None}, MALFORMED),
        (b"[]", {"ticked": None}, MALFORMED),
        (b"{}", {"ticked": None}, MALFORMED),
        (b"\xff", {"ticked": None}, MALFORMED),
        (b"[" * 50_000, {"ticked": None}, MALFORMED),
        (b'{"data":{"ticked":{"at":"soon"}}}', {"ticked": {"at": None}}, "INVALID_FIELD_VALUE"),
        (b'{"data":null,"errors":[{"message":"x","extensions":{"code":"LATE"}}]}', {"ticked": None}, "LATE"),
    ],
)
async def test_a_bad_event_is_an_error_of_its_own(
    router: RunningRouter, listen: Listen, payload: bytes, data: Any, code: str
) -> None:
    async def behave(wire: Wire, _: Any) -> None:
        await wire.send(HEAD + event() + event(payload) + b"event: gossip\ndata: x\n\n" + event(at=2) + COMPLETE)

    ticks_of(router).behave(behave)
    first, bad, second, complete = await listen(router, TICKED)
    assert (first, second, complete) == (tick(), tick(2), "complete")
    assert bad["data"] == data
    assert [error["extensions"]["code"] for error in bad["errors"]] == [code]


@both_protocols
@pytest.mark.parametrize("fault", ["html-500", "close", "few-entities"])
async def test_an_entity_that_fails_for_one_event_leaves_the_others(
    router: RunningRouter, listen: Listen, fault: str
) -> None:
    await check_entities(router, listen, fault)


@both_protocols
async def test_one_that_is_not_answered_for_one_event_does_too(impatient: RunningRouter, listen: Listen) -> None:
    await check_entities(impatient, listen, "never")


async def check_entities(router: RunningRouter, listen: Listen, fault: str) -> None:
    names = router.subgraphs["name"]

    async def behave(wire: Wire, _: Any) -> None:
        await wire.send(HEAD)
        for at, wrong in ((1, ""), (2, fault), (3, "")):
            names.fault = wrong
            # What meets a connection that is closed is sent again.
            asked = len(names.bodies) + (2 if wrong == "close" else 1)
            await wire.send(event(at=at))
            while len(names.bodies) < asked:
                await asyncio.sleep(0.01)
        await wire.send(COMPLETE)

    ticks_of(router).behave(behave)
    first, bad, third, complete = await listen(router, NAMED)
    assert first == {"data": {"ticked": {"at": 1, "name": "tick 1"}}}
    assert bad["data"] == {"ticked": {"at": 2, "name": None}}
    assert [(error["path"], error["extensions"]["service"]) for error in bad["errors"]] == [(["ticked"], "name")]
    assert third == {"data": {"ticked": {"at": 3, "name": "tick 3"}}}
    assert complete == "complete"


async def floods(wire: Wire, _: Any) -> None:
    await wire.send(HEAD)
    text = b'{"data":{"ticked":{"__typename":"Tick","id":"1","at":1}}}' + b" " * 30_000
    for _ in range(32_000):
        await wire.send(event(text))


# What a client is sent must fill the buffers on the way, too.
LARGE = f"subscription {{ ticked {{ {' '.join(f'{chr(97) * 90}{number}: at' for number in range(90))} }} }}"


async def stuck(wire: Wire) -> int:
    """Bytes sent when nothing is taken any more; fails where that never happens."""
    before = -1
    async with asyncio.timeout(30):
        while wire.sent != before:
            before = wire.sent
            assert before < 60_000_000, "nobody reads it, and it is taken in all the same"
            await asyncio.sleep(0.5)
    return before


async def test_a_flood_waits_for_a_reader_of_events(router: RunningRouter) -> None:
    ticks = ticks_of(router)
    ticks.behave(floods)
    async with router.session.post(
        f"{router.url}/graphql", json={"query": LARGE}, headers={"accept": "text/event-stream"}
    ) as response:
        while not ticks.wires:
            await asyncio.sleep(0.01)
        assert await stuck(ticks.wires[0]) > 0
        response.close()
    async with asyncio.timeout(30):
        await ticks.over.wait()


async def test_a_flood_waits_for_a_reader_of_a_websocket(router: RunningRouter) -> None:
    ticks = ticks_of(router)
    ticks.behave(floods)
    async with router.session.ws_connect(
        f"{router.url}/graphql", protocols=("graphql-transport-ws",), max_msg_size=0
    ) as socket:
        await socket.send_json({"type": "connection_init"})
        await socket.send_json({"type": "subscribe", "id": "1", "payload": {"query": LARGE}})
        while not ticks.wires:
            await asyncio.sleep(0.01)
        assert await stuck(ticks.wires[0]) > 0
        transport = socket._response.connection.transport  # type: ignore[union-attr]
        transport.abort()  # type: ignore[union-attr]
    async with asyncio.timeout(30):
        await ticks.over.wait()
