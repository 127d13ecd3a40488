"""Connections of strangers: uvicorn's protocols, bounded in what they keep and in how long they wait.

By themselves they keep a URL and headers of any length, wait for their end for ever, and answer pings into memory.
"""

from __future__ import annotations

import asyncio
from typing import ClassVar

import msgspec
from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from router.execution.errors import FieldError


def _last_answer(status: bytes, error: FieldError) -> bytes:
    body = msgspec.json.encode({"errors": [error.formatted()]})
    head = b"content-type: application/json; charset=utf-8\r\ncontent-length: %d\r\nconnection: close" % len(body)
    return b"HTTP/1.1 %s\r\n%s\r\n\r\n%s" % (status, head, body)


_TOO_LARGE = _last_answer(
    b"431 Request Header Fields Too Large",
    FieldError("the request's head is too large", "REQUEST_HEADER_FIELDS_TOO_LARGE"),
)
_TOO_LONG = _last_answer(
    b"414 URI Too Long", FieldError("the request's address is too long, ask by POST", "URI_TOO_LONG")
)
_NO_HTTP = _last_answer(b"400 Bad Request", FieldError("the request is not valid HTTP", "BAD_REQUEST"))


class BoundedConnection(HttpToolsProtocol):
    """One connection. A head (or what follows a chunked body) that is too large or too slow ends it."""

    most_head_bytes: ClassVar[int] = 64 * 1024
    head_seconds: ClassVar[float] = 10.0

    url = b""  # uvicorn knows none before a request begins, and lines may come before that
    _held = 0
    """Bytes that have come since the parser last handed something on."""
    _came = 0
    """Bytes that came last: a head may be whole in them, and too large all the same."""
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._came = len(data)
        self._held += self._came
        super().data_received(data)
        if self._held > self.most_head_bytes and not self.transport.is_closing():
            self._refuse_head()

    def on_message_begin(self) -> None:
        self._expect_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if max(self._held, self._came) > self.most_head_bytes:
            self._look_at_head()
        self._held = 0
        self._head_is_here()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._held = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._held = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        if not self.transport.is_closing():
            self._end(_NO_HTTP)

    def _look_at_head(self) -> None:
        """Ends the connection, and by an error the parsing, where a head that came as a whole is too large."""
        size = len(self.url) + sum(len(name) + len(value) + len(b": \r\n") for name, value in self.headers)
        if size > self.most_head_bytes:
            self._refuse_head()
            raise ValueError("the head is too large")

    def _refuse_head(self) -> None:
        self._end(_TOO_LONG if len(self.url) > self.most_head_bytes else _TOO_LARGE)

    def _end(self, answer: bytes) -> None:
        """Closes, and says why where that does not break into the answer to another request."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(answer)
        self.transport.close()

    def _expect_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.head_seconds, self.transport.close)

    def _head_is_here(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def bounded_connection(most_head_bytes: int) -> type[BoundedConnection]:
    """Connections with heads of as many bytes: the server is given a class, and makes the instances itself."""
    return type("BoundedConnection", (BoundedConnection,), {"most_head_bytes": most_head_bytes})


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """One websocket. Who does not read is not read from either: pings alone would fill our memory with answers."""

    def pause_writing(self) -> None:
        super().pause_writing()
        self._read_no_more()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = True  # or what we refused would be logged as a failure of ours

    async def receive(self) -> ASGIReceiveEvent:
        message = await super().receive()  # which goes on reading
        if not self.writable.is_set():
            self._read_no_more()
        return message

    def _read_no_more(self) -> None:
        if not self.transport.is_closing():
            self.transport.pause_reading()
