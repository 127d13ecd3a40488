"""Subgraphs over HTTP: kept connections, a time limit, a size limit, a signature, and never a crash."""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiohttp import (
    ClientError,
    ClientOSError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
    TraceConfig,
)
from aiohttp import ServerDisconnectedError as Disconnected
from yarl import URL

from observability.http_client import (
    RequestSpan,
    end_span,
    fail_span,
    request_attributes,
    start_span,
    trace_config,
)
from router.execution.envelope import tells_errors
from router.execution.errors import (
    SubrequestError,
    SubrequestMalformedError,
    SubrequestTimeoutError,
)
from router.execution.event_stream import read_events
from router.execution.multipart_body import MultipartBody
from router.execution.signature import HEADER, sign
from router.execution.transport import SubgraphRequest

_MEDIA_TYPES = "application/graphql-response+json, application/json;q=0.9"
# Subgraphs that guard themselves against forms of other sites let pass what no form can send.
_PREFLIGHT = "apollo-require-preflight"
# Servers close idle connections after five seconds or more: ours must be gone before, or a request now and
# then meets a connection that is just being closed.
_IDLE_SECONDS = 4.0
# For keys and supergraphs, to each address.
_OWN_CONNECTIONS = 10


@dataclass(frozen=True, slots=True)
class TransportLimits:
    """Seconds a subgraph has to answer, bytes its answer may have, connections and subscriptions to each of them, and
    seconds without a sign of life after which a subscription is given up (0: never)."""

    timeout: float = 10.0
    response_bytes: int = 64 * 1024 * 1024
    connections: int = 100
    subscriptions: int = 10_000
    silence: float = 30.0


@dataclass(frozen=True, slots=True)
class _Connections:
    """Those of one subgraph: no other's are taken where several share an address, and only paths tell them apart.

    A subscription holds its connection as long as the client likes: those of requests must not run out by it.
    """

    requests: ClientSession
    streams: ClientSession


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a subgraph is, and how its requests are traced."""

    url: URL
    span: RequestSpan
    connections: _Connections


class HttpTransport:
    """The transport on aiohttp. Use it as an async context manager."""

    def __init__(
        self,
        limits: TransportLimits,
        signing_key: bytes | None,
        headers: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """`headers` are those that a subgraph, by its name, is always sent; they come before a client's."""
        self._limits = limits
        self._signing_key = signing_key
        self._fixed = headers or {}
        self._timeout = ClientTimeout(total=limits.timeout)
        self._own: ClientSession | None = None
        self._connections: dict[str, _Connections] = {}
        self._targets: dict[tuple[str, str], _Target] = {}

    async def __aenter__(self) -> Self:
        self._own = _open_session(_OWN_CONNECTIONS, [trace_config()])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        own = [self._own] if self._own is not None else []
        for session in [*own, *(one for kept in self._connections.values() for one in (kept.requests, kept.streams))]:
            await session.close()
        self._own = None
        self._connections.clear()
        self._targets.clear()

    @property
    def session(self) -> ClientSession:
        """A session whose requests are traced by themselves, for whoever else asks over HTTP on the router's behalf."""
        if self._own is None:
            raise RuntimeError("the transport is not open")
        return self._own

    async def send(self, request: SubgraphRequest) -> bytes:
        """The body of an answer that is JSON. Raises SubrequestError."""
        name = request.subgraph.name
        until = time.monotonic() + self._limits.timeout
        try:
            try:
                return await self._send(request, self._timeout)
            except (ClientError, ConnectionResetError) as error:
                left = until - time.monotonic()
                if not request.repeatable or not _was_dead(error) or left <= 0:
                    raise
                return await self._send(request, ClientTimeout(total=left))
        except TimeoutError as error:
            raise SubrequestTimeoutError(name, f"{name} did not answer in time") from error
        except (ClientError, OSError, ValueError) as error:
            raise SubrequestError(name, f"{name} could not be reached") from error

    async def _send(self, request: SubgraphRequest, limit: ClientTimeout) -> bytes:
        target = self._target(request)
        form = MultipartBody(request.body, request.files) if request.files else None
        headers = self._headers(request, _MEDIA_TYPES) if form is None else await self._form_headers(request, form)
        span = start_span(target.span, headers)
        try:
            async with target.connections.requests.post(
                target.url,
                data=request.body if form is None else form.stream(),
                headers=headers,
                timeout=limit,
                allow_redirects=False,
            ) as response:
                if span is not None:
                    end_span(span, response.status)
                    span = None
                body = await self._read(request, response)
                _check(request.subgraph.name, response, body)
                if request.answered is not None:
                    request.answered(request.subgraph.name, response.raw_headers)
                return body
        except BaseException as error:
            if span is not None:
                fail_span(span, error)
            raise

    def _target(self, request: SubgraphRequest) -> _Target:
        identity = (request.subgraph.name, request.subgraph.url)
        known = self._targets.get(identity)
        if known is None:
            url = URL(request.subgraph.url)
            asked = request_attributes("POST", url.scheme, url.host or "", url.port or 0, url.raw_path)
            span = RequestSpan(f"subgraph {identity[0]}", {**asked, "trellis.subgraph": identity[0]})
            known = self._targets[identity] = _Target(url, span, self._connections_of(identity[0]))
        return known

    def _connections_of(self, name: str) -> _Connections:
        if self._own is None:
            raise RuntimeError("the transport is not open")
        known = self._connections.get(name)
        if known is None:
            known = self._connections[name] = _Connections(
                # aiohttp's trace hooks cost a fifth of a small request: its span is made around it instead.
                _open_session(self._limits.connections, []),
                _open_session(self._limits.subscriptions, [trace_config()]),
            )
        return known

    def _headers(self, request: SubgraphRequest, accept: str) -> dict[str, str]:
        name = request.subgraph.name
        headers = {**request.headers, **self._fixed.get(name, {}), "content-type": "application/json", "accept": accept}
        if self._signing_key is not None:
            headers[HEADER] = _signature(self._signing_key, name, headers, (request.body,))
        return headers

    async def _form_headers(self, request: SubgraphRequest, form: MultipartBody) -> dict[str, str]:
        name = request.subgraph.name
        headers = {
            **request.headers,
            **self._fixed.get(name, {}),
            "content-type": form.content_type,
            "content-length": str(form.size),
            "accept": _MEDIA_TYPES,
            _PREFLIGHT: "true",
        }
        if self._signing_key is not None:
            # Files are read from disk for it.
            headers[HEADER] = await asyncio.to_thread(_signature, self._signing_key, name, headers, form.chunks())
        return headers

    async def _read(self, request: SubgraphRequest, response: ClientResponse) -> bytes:
        most = self._limits.response_bytes
        name = request.subgraph.name
        if response.content_length is not None and response.content_length > most:
            raise SubrequestMalformedError(name, f"the answer of {name} is too large")
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.content.iter_any():
            size += len(chunk)
            if size > most:
                raise SubrequestMalformedError(name, f"the answer of {name} is too large")
            chunks.append(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[bytes]:
        """The payload of each `next` event (graphql-sse, distinct connections mode). Raises SubrequestError."""
        name = request.subgraph.name
        try:
            async with asyncio.timeout(self._limits.timeout):
                response = await self._target(request).connections.streams.post(
                    request.subgraph.url,
                    data=request.body,
                    headers=self._headers(request, "text/event-stream"),
                    timeout=ClientTimeout(total=None, sock_read=self._limits.silence or None),
                    allow_redirects=False,
                    trace_request_ctx=RequestSpan(f"subgraph {name}", {"trellis.subgraph": name}),
                )
            async with response:
                if response.content_type != "text/event-stream" or response.status != 200:
                    # A refusal comes as an ordinary GraphQL answer.
                    async with asyncio.timeout(self._limits.timeout):
                        body = await self._read(request, response)
                    _check(name, response, body)
                    yield body
                    return
                chunks = response.content.iter_any()
                async for event in read_events(name, chunks, self._limits.response_bytes):
                    if event.name == "complete":
                        return
                    if event.name == "next":
                        yield event.data
        except TimeoutError as error:
            raise SubrequestTimeoutError(name, f"{name} did not answer in time") from error
        except (ClientError, OSError, ValueError) as error:
            raise SubrequestError(name, f"{name} could not be reached") from error
        raise SubrequestError(name, f"{name} ended the subscription before it was complete")


def _signature(key: bytes, subgraph: str, headers: Mapping[str, str], body: Iterable[bytes]) -> str:
    return sign(key, int(time.time()), subgraph, headers.get("authorization", ""), body)


def _open_session(connections: int, trace_configs: list[TraceConfig]) -> ClientSession:
    return ClientSession(
        connector=TCPConnector(limit=0, limit_per_host=connections, keepalive_timeout=_IDLE_SECONDS),
        cookie_jar=DummyCookieJar(),
        trace_configs=trace_configs,
        auto_decompress=True,
    )


def _was_dead(error: Exception) -> bool:
    """Whether the connection, which may have been kept from an earlier request, was closed by the other side."""
    return isinstance(error, Disconnected | ConnectionResetError) or (
        isinstance(error, ClientOSError) and error.errno in (errno.ECONNRESET, errno.EPIPE)
    )


def _check(name: str, response: ClientResponse, body: bytes) -> None:
    """An error status is no failure where the body is a GraphQL response that says more."""
    is_json = response.content_type.endswith("json")
    if response.status >= 300:
        if not is_json or not tells_errors(body):
            raise SubrequestError(name, f"{name} answered with status {response.status}")
    elif not is_json:
        raise SubrequestMalformedError(name, f"{name} answered with {response.content_type}, not JSON")
