"""Requests that a page of another site makes a browser send (CSRF), and websockets that it opens.

Before a browser sends what a plain form or image could not, it asks whether it may (a CORS preflight). Such a request
has been answered for: by its `content-type`, application/json as a rule, or by a header of the settings' list. All
others a page of any site can make, with the cookies and from within the network of whoever looks at it: GET, or POST
as a form sends it, `multipart/form-data` with files included. Of these we refuse what says that it comes from
elsewhere (see `is_from_elsewhere`). Others demand a header of everyone; we need not: a client that is no browser has
nothing to prove, and GraphQL over HTTP promises it a GET without ceremony.

A websocket is not bound by CORS, so that any page could read through it what CORS keeps from it. There the router must
look itself, whatever else is switched off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from router.gateway.context import RequestContext
from router.gateway.errors import GatewayError
from router.gateway.media_type import MediaType, negotiate, read_media_type
from router.gateway.pipeline import refused
from router.server.asgi import App, Message, Receive, Scope, Send, headers_of
from router.server.http import send_outcome
from router.server.origins import AllowedOrigins, OriginNotAllowedError, is_from_elsewhere

_PREFLIGHTED_TYPE = (b"content-type", b"application/json")
_SIMPLE_METHODS = frozenset({"GET", "HEAD", "POST"})
_SIMPLE_TYPES = frozenset({"", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})


class CrossSiteError(GatewayError):
    """A request that a page of another site can make a browser send, and that says that one did."""

    def __init__(self, names: Iterable[str]) -> None:
        expected = ", ".join(sorted(names))
        super().__init__(
            "CSRF_PREVENTED",
            f"a page of another site must send application/json or one of the headers {expected}",
            403,
        )


class CrossSiteGuard:
    """Lets through to `app` what no other site can have caused, or may cause."""

    def __init__(self, app: App, allowed: AllowedOrigins, names: frozenset[str]) -> None:
        self._app = app
        self._allowed = allowed
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # What nearly all requests are needs no further look.
        if _PREFLIGHTED_TYPE not in scope["headers"] and self._is_forged(scope["method"], headers_of(scope)):
            await refuse(scope, CrossSiteError(self._names), send)
        else:
            await self._app(scope, receive, send)

    def _is_forged(self, method: str, headers: Mapping[str, str]) -> bool:
        return (
            method in _SIMPLE_METHODS
            and read_media_type(headers.get("content-type", "")).name in _SIMPLE_TYPES
            and self._names.isdisjoint(headers)
            and is_from_elsewhere(headers, self._allowed)
        )


class WebSocketGuard:
    """Lets through to `app` the websockets of clients that are no browser, of own pages and of allowed ones."""

    def __init__(self, app: App, allowed: AllowedOrigins) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        origin = headers.get("origin")
        if origin is None or not is_from_elsewhere(headers, self._allowed):
            await self._app(scope, receive, send)
        else:
            await receive()
            await refuse_handshake(scope, OriginNotAllowedError(origin), send)


async def refuse(scope: Scope, error: GatewayError, send: Send) -> None:
    """Answers with the error and closes the connection: the body that may follow is not worth reading."""
    context = RequestContext(scope.get("method", "GET"), headers_of(scope))
    context.media_type = negotiate(context.headers.get("accept", "")) or MediaType.JSON
    await send_outcome(refused(context, error), send, close=True)


async def refuse_handshake(scope: Scope, error: GatewayError, send: Send) -> None:
    """The same for a websocket that has not been accepted yet."""

    async def answer(message: Message) -> None:
        await send({**message, "type": f"websocket.{message['type']}"})

    await refuse(scope, error, answer)
