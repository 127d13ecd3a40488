"""A subgraph that is right about its schema and answers everything else with whatever bytes a test has it send."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from .federation import TestSubgraph

Behaviour = Callable[["Wire", dict[str, Any]], Awaitable[None]]


class Wire:
    """The connection a request came by, and how often one came by it before."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.requests = 0
        self.sent = 0
        self.keeps = False

    async def send(self, data: bytes) -> None:
        """Waits until what the other side does not take is in the buffers on the way."""
        self.writer.write(data)
        self.sent += len(data)
        await self.writer.drain()

    async def respond(
        self, body: bytes, kind: str = "application/json", status: str = "200 OK", more: str = ""
    ) -> None:
        """A whole response."""
        head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{more}\r\n"
        await self.send(head.encode() + body)

    async def json(self, value: object, **kept: Any) -> None:
        await self.respond(json.dumps(value).encode(), **kept)

    async def until_closed(self) -> None:
        """Says nothing more until the other side has hung up."""
        await self.reader.read()

    def reset(self) -> None:
        """Ends the connection as a crash does."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@dataclass
class FaultySubgraph:
    """A server that speaks HTTP as far as `behaviour` does; it serves a right answer without one.

    `over` says that a connection on which it behaved so has ended.
    """

    subgraph: TestSubgraph
    behaviour: Behaviour | None = None
    asked: int = 0
    wires: list[Wire] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        host, bound = self._server.sockets[0].getsockname()[:2]
        self.url = f"http://{host}:{bound}/graphql"
        self._tasks: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def behave(self, behaviour: Behaviour | None) -> None:
        """From now on, and as if nothing had been asked."""
        self.behaviour = behaviour
        self.asked = 0
        self.over = asyncio.Event()
        self.wires.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        wire = Wire(reader, writer)
        try:
            await self._answer(reader, wire)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            if wire in self.wires:
                self.over.set()
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, wire: Wire) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r")[0])
            asked = json.loads(await reader.readexactly(length))
            if "_service" in asked["query"] or self.behaviour is None:
                await wire.json(await self.subgraph.answer(asked))
                wire.requests += 1
                continue
            if wire not in self.wires:
                self.wires.append(wire)
            self.asked += 1
            await self.behaviour(wire, asked)
            wire.requests += 1
            if not wire.keeps:
                return
