"""GraphQL over websockets: the graphql-transport-ws protocol."""

from __future__ import annotations

import asyncio
from enum import IntEnum
from typing import Annotated, Any

import msgspec
from opentelemetry.trace import SpanKind, get_tracer

from router.execution.errors import FieldError
from router.gateway.context import GraphQLRequest, RequestContext
from router.gateway.errors import GatewayError
from router.gateway.incremental_form import IncrementalForm
from router.gateway.media_type import MediaType
from router.gateway.pipeline import Outcome, encode_response, refused
from router.server.asgi import Receive, Scope, Send, client_address_of, headers_of
from router.server.cross_site import refuse_handshake
from router.server.events import Ended, EventSource
from router.server.shares import TooManyConnectionsError, TooManySubscriptionsError, client_of
from router.server.state import RouterState

PROTOCOL = "graphql-transport-ws"
_tracer = get_tracer(__name__)
_encode = msgspec.json.Encoder().encode


class Close(IntEnum):
    """The protocol's reasons to close."""

    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    INIT_TIMEOUT = 4408
    SUBSCRIBER_EXISTS = 4409
    TOO_MANY_INITS = 4429
    GOING_AWAY = 1001


class _Message(msgspec.Struct):
    type: str
    id: str | None = None
    payload: dict[str, object] | None = None


class _Subscribe(msgspec.Struct, rename="camel"):
    query: str | None = None
    operation_name: str | None = None
    variables: dict[str, object] | None = None
    extensions: dict[str, object] | None = None
    document_id: str | None = None

    def request(self) -> GraphQLRequest:
        return GraphQLRequest(
            self.query or "", self.operation_name, self.variables or {}, self.extensions or {}, self.document_id
        )


_decode = msgspec.json.Decoder(_Message).decode
_Headers = Annotated[dict[str, Annotated[str, msgspec.Meta(max_length=8_192)]], msgspec.Meta(max_length=50)]


class ProtocolError(Exception):
    """The client broke the protocol; the connection closes with this code."""

    def __init__(self, code: Close, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


async def serve_websocket(state: RouterState, scope: Scope, receive: Receive, send: Send) -> None:
    """One connection, until either side ends it."""
    await receive()
    try:
        with state.websockets.one(client_address_of(scope), TooManyConnectionsError):
            await _serve(state, scope, receive, send)
    except TooManyConnectionsError as error:
        await refuse_handshake(scope, error, send)


async def _serve(state: RouterState, scope: Scope, receive: Receive, send: Send) -> None:
    offered: list[str] = scope.get("subprotocols", [])
    await send({"type": "websocket.accept", "subprotocol": PROTOCOL if PROTOCOL in offered else None})
    if PROTOCOL not in offered:
        reason = f"expected the subprotocol {PROTOCOL}"
        await send({"type": "websocket.close", "code": int(Close.SUBPROTOCOL_NOT_ACCEPTABLE), "reason": reason})
        return
    connection = _Connection(state, scope, receive, send)
    await connection.serve()


class _Connection:
    def __init__(self, state: RouterState, scope: Scope, receive: Receive, send: Send) -> None:
        self._state = state
        self._headers = headers_of(scope)
        self._client_address = client_address_of(scope)
        self._receive = receive
        self._send_raw = send
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._is_open = True

    async def serve(self) -> None:
        stop = asyncio.create_task(self._state.stopping.wait())
        conversation = asyncio.create_task(self._converse())
        try:
            await asyncio.wait({stop, conversation}, return_when=asyncio.FIRST_COMPLETED)
            if conversation.done():
                conversation.result()
            else:
                await self._close(Close.GOING_AWAY, "the router is stopping")
        except ProtocolError as error:
            await self._close(error.code, error.reason)
        finally:
            self._is_open = False
            tasks = [stop, conversation, *self._operations.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _converse(self) -> None:
        try:
            async with asyncio.timeout(self._state.settings.router_websocket_init_timeout):
                first = await self._message()
                while first is not None and first.type in ("ping", "pong"):
                    await self._answer_ping(first)
                    first = await self._message()
        except TimeoutError as error:
            raise ProtocolError(Close.INIT_TIMEOUT, "connection initialisation timeout") from error
        if first is None:
            return
        if first.type != "connection_init":
            raise ProtocolError(Close.UNAUTHORIZED, "unauthorized")
        await self._initialise(first.payload or {})
        await self._send({"type": "connection_ack"})
        while (message := await self._message()) is not None:
            await self._handle(message)

    async def _initialise(self, payload: dict[str, object]) -> None:
        """A browser cannot set headers on a websocket, so the payload may carry the authorization."""
        for name in ("authorization", "Authorization"):
            value = payload.get(name)
            if isinstance(value, str):
                self._headers["authorization"] = value
        if self._state.settings.router_websocket_headers:
            self._take_headers(payload.get("headers"))
        authorization = self._headers.get("authorization")
        if authorization and self._state.authenticator is not None:
            try:
                await self._state.authenticator.identify(authorization)
            except GatewayError as error:
                raise ProtocolError(Close.FORBIDDEN, f"{error.code}: {error}") from error

    def _take_headers(self, said: object) -> None:
        """Only for subgraphs, and what came with the handshake counts before it."""
        if said is None:
            return
        try:
            headers = msgspec.convert(said, _Headers)
        except msgspec.ValidationError as error:
            raise ProtocolError(Close.BAD_REQUEST, "the headers must be an object of strings") from error
        for name, value in headers.items():
            if self._state.headers.forwarded.names(name.lower()) and value.isascii() and value.isprintable():
                self._headers.setdefault(name.lower(), value)

    async def _handle(self, message: _Message) -> None:
        match message.type:
            case "ping" | "pong":
                await self._answer_ping(message)
            case "connection_init":
                raise ProtocolError(Close.TOO_MANY_INITS, "too many initialisation requests")
            case "subscribe":
                self._start(message)
            case "complete" if message.id:
                operation = self._operations.pop(message.id, None)
                if operation is not None:
                    operation.cancel()
            case _:
                raise ProtocolError(Close.BAD_REQUEST, f"unexpected message {message.type}"[:120])

    async def _answer_ping(self, message: _Message) -> None:
        if message.type == "ping":
            await self._send({"type": "pong"})

    async def _message(self) -> _Message | None:
        """The next message; None when the client is gone."""
        event = await self._receive()
        if event["type"] == "websocket.disconnect":
            self._is_open = False
            return None
        try:
            return _decode(event.get("text") or event.get("bytes") or b"")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ProtocolError(Close.BAD_REQUEST, "invalid message") from error

    def _start(self, message: _Message) -> None:
        try:
            asked = msgspec.convert(message.payload, _Subscribe)
        except msgspec.ValidationError as error:
            raise ProtocolError(Close.BAD_REQUEST, "invalid subscribe message") from error
        if not message.id:
            raise ProtocolError(Close.BAD_REQUEST, "a subscribe message needs an id")
        if message.id in self._operations:
            raise ProtocolError(Close.SUBSCRIBER_EXISTS, f"subscriber for {message.id} already exists"[:120])
        if len(self._operations) >= self._state.settings.router_websocket_operations:
            raise ProtocolError(Close.BAD_REQUEST, "too many operations on one connection")
        context = RequestContext(
            "POST",
            self._headers,
            client_address=self._client_address,
            request=asked.request(),
            media_type=MediaType.EVENT_STREAM,
            incremental=IncrementalForm.DEFER_2022,
        )
        task = asyncio.create_task(self._operate(message.id, context))
        self._operations[message.id] = task

    async def _operate(self, id_: str, context: RequestContext) -> None:
        """One operation, from its own SERVER span to `complete` or `error`."""
        with _tracer.start_as_current_span("graphql", kind=SpanKind.SERVER):
            outcome = await self._state.operations.run(context)
            failed = await (self._stream(id_, context) if outcome is None else self._answer(id_, outcome))
            # The id is free again before the client can learn that it is.
            self._operations.pop(id_, None)
            if not failed:
                await self._send({"id": id_, "type": "complete"})

    async def _answer(self, id_: str, outcome: Outcome) -> bool:
        """Sends the one response; True where that was an `error` message."""
        if outcome.is_refusal:
            refusal: dict[str, Any] = msgspec.json.decode(outcome.body)
            await self._send({"id": id_, "type": "error", "payload": refusal["errors"]})
        else:
            await self._send({"id": id_, "type": "next", "payload": msgspec.Raw(outcome.body)})
        return outcome.is_refusal

    async def _stream(self, id_: str, context: RequestContext) -> bool:
        """Sends every event; True where the end was an `error` message."""
        if not context.is_subscription:
            return await self._send_events(id_, context)
        try:
            with self._state.subscriptions.one(client_of(context), TooManySubscriptionsError):
                return await self._send_events(id_, context)
        except TooManySubscriptionsError as error:
            return await self._answer(id_, refused(context, error))

    async def _send_events(self, id_: str, context: RequestContext) -> bool:
        async with EventSource(context, self._state.stopping) as source:
            while True:
                item = await source.next(self._state.settings.router_keep_alive)
                if item is None:
                    await self._send({"type": "ping"})
                elif isinstance(item, Ended):
                    if item.expired:
                        error = FieldError("the token has expired", "UNAUTHENTICATED")
                        await self._send({"id": id_, "type": "error", "payload": [error.formatted()]})
                    return item.expired
                else:
                    payload = msgspec.Raw(encode_response(item))
                    await self._send({"id": id_, "type": "next", "payload": payload})

    async def _send(self, message: dict[str, object]) -> None:
        if self._is_open:
            await self._send_raw({"type": "websocket.send", "text": _encode(message).decode()})

    async def _close(self, code: Close, reason: str) -> None:
        if self._is_open:
            self._is_open = False
            await self._send_raw({"type": "websocket.close", "code": int(code), "reason": reason})
