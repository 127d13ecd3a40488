"""Clients that send too much of what is kept, or too slowly, over raw connections to a real router."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from router.server.connection import BoundedConnection

from ..http_subgraph import HttpSubgraph
from ..running import RunningRouter, running
from ..shop import shop

BODY = b'{"query": "{ __typename }"}'
HEAD = b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connected(router: RunningRouter) -> AsyncIterator[Streams]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(router.url.rpartition(":")[2]))
    try:
        async with asyncio.timeout(30):
            yield reader, writer
    finally:
        writer.close()


@pytest.fixture
async def hasty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RunningRouter]:
    """It waits neither for a head nor for a body."""
    monkeypatch.setattr(BoundedConnection, "head_seconds", 1.0)
    async with running([HttpSubgraph(shop()[0])], tmp_path, router_body_timeout=0.2) as router:
        yield router


async def flood(streams: Streams, begun: bytes) -> bytes:
    """What the router answers to a stream without an end; fails when it takes in more than it may keep."""
    reader, writer = streams
    answer = asyncio.create_task(reader.read())
    try:
        writer.write(begun)
        for _ in range(500):
            writer.write(b"x" * 65_536)
            await writer.drain()
        pytest.fail("32 MB were taken in")
    except ConnectionError:
        pass
    try:
        return await answer
    except ConnectionError:
        return b""  # it closed before we had read why


@pytest.mark.parametrize("begun", [b"GET /graphql?query=", HEAD + b"x-long: ", HEAD + b"x-"])
async def test_a_head_without_end_is_cut_off(router: RunningRouter, begun: bytes) -> None:
    async with connected(router) as streams:
        answer = await flood(streams, begun)
    assert not answer or answer.startswith((b"HTTP/1.1 414 ", b"HTTP/1.1 431 "))


LONG = b"x" * 2_000


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (HEAD + b"x-long: " + LONG, b"431", b"REQUEST_HEADER_FIELDS_TOO_LARGE"),
        (HEAD + b"x-long: " + LONG + b"\r\n\r\n", b"431", b"REQUEST_HEADER_FIELDS_TOO_LARGE"),
        (b"\r\n" * len(LONG), b"431", b"REQUEST_HEADER_FIELDS_TOO_LARGE"),
        (b"GET /graphql?query=" + LONG, b"414", b"URI_TOO_LONG"),
        (b"GET /graphql?query=" + LONG + b" HTTP/1.1\r\nhost: x\r\n\r\n", b"414", b"URI_TOO_LONG"),
    ],
)
async def test_a_head_too_large_is_told_so(tmp_path: Path, sent: bytes, status: bytes, code: bytes) -> None:
    async with (
        running([HttpSubgraph(shop()[0])], tmp_path, router_header_limit=1_000) as router,
        connected(router) as (reader, writer),
    ):
        writer.write(sent)
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 %s " % status)
    assert b'"code":"%s"' % code in answer


async def test_how_large_a_head_may_be_is_a_setting(tmp_path: Path) -> None:
    long = HEAD + b"x-long: " + b"x" * 150_000 + b"\r\ncontent-length: %d\r\n\r\n" % len(BODY) + BODY
    async with (
        running([HttpSubgraph(shop()[0])], tmp_path, router_header_limit=200_000) as router,
        connected(router) as (reader, writer),
    ):
        writer.write(long)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "sent", [b"no http\r\n\r\n", b"GET /graphql HTTP/1.1\r\nno header\r\n\r\n", HEAD + b"a b: c\r\n\r\n"]
)
async def test_what_is_no_http_is_told_so(router: RunningRouter, sent: bytes) -> None:
    async with connected(router) as (reader, writer):
        writer.write(sent)
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"BAD_REQUEST"' in answer


async def test_what_follows_a_chunked_body_is_cut_off(router: RunningRouter) -> None:
    async with connected(router) as streams:
        answer = await flood(streams, HEAD + b"transfer-encoding: chunked\r\n\r\n0\r\nx-long: ")
    assert not answer.startswith(b"HTTP/1.1 5")


async def test_a_head_and_a_body_of_many_pieces_are_taken(router: RunningRouter) -> None:
    async with connected(router) as (reader, writer):
        body = BODY + b" " * 500_000
        for _ in range(2):
            for piece in (HEAD[:20], HEAD[20:], b"content-length: %d\r\n\r\n" % len(body), body[:300_000]):
                writer.write(piece)
                await writer.drain()
            writer.write(body[300_000:])
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
            assert await reader.readuntil(b"}}") == b'{"data":{"__typename":"Query"}}'


@pytest.mark.parametrize("begun", [b"", HEAD])
async def test_a_head_that_does_not_come_is_not_waited_for(hasty: RunningRouter, begun: bytes) -> None:
    async with connected(hasty) as (reader, writer):
        writer.write(begun)
        assert await reader.read() == b""


async def test_a_body_that_does_not_come_is_not_waited_for(hasty: RunningRouter) -> None:
    async with connected(hasty) as (reader, writer):
        writer.write(HEAD + b"content-length: 100\r\n\r\n{")
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"REQUEST_TIMEOUT"' in answer


async def test_a_websocket_outlives_the_time_for_a_head(hasty: RunningRouter) -> None:
    async with hasty.session.ws_connect(f"{hasty.url}/graphql", protocols=("graphql-transport-ws",)) as client:
        await client.send_json({"type": "connection_init"})
        assert (await client.receive_json(timeout=30))["type"] == "connection_ack"
        async with connected(hasty) as (reader, _):
            assert await reader.read() == b""  # a younger connection has had its time
        await client.send_json({"type": "ping"})
        assert (await client.receive_json(timeout=30))["type"] == "pong"


async def test_a_websocket_that_pings_and_does_not_read_is_not_read_either(router: RunningRouter) -> None:
    small = socket.create_connection(("127.0.0.1", int(router.url.rpartition(":")[2])))
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    reader, writer = await asyncio.open_connection(sock=small)
    writer.write(UPGRADE)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    writer.write(frame(TEXT, b'{"type":"connection_init"}'))
    await reader.readuntil(b'{"type":"connection_ack"}')
    writer.transport.pause_reading()  # type: ignore[attr-defined]  # of a socket it can be
    pings = frame(PING, b"x" * 125) * 1_000 + frame(TEXT, b'{"type":"pong"}')
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2):
            while True:
                writer.write(pings)
                await writer.drain()
    connections = router.server._server.server_state.connections
    assert max(item.transport.get_write_buffer_size() for item in connections) < 1_000_000
    writer.close()


UPGRADE = (
    b"GET /graphql HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
)
TEXT, PING = 0x81, 0x89


def frame(kind: int, payload: bytes) -> bytes:
    """A websocket frame of at most 125 bytes, masked by zeroes."""
    return bytes([kind, 0x80 | len(payload), 0, 0, 0, 0]) + payload
