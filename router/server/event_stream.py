"""Subscriptions as server-sent events (graphql-sse, distinct connections mode)."""

from __future__ import annotations

from router.execution.errors import FieldError
from router.execution.executor import Response
from router.gateway.context import RequestContext
from router.gateway.pipeline import Outcome, encode_response
from router.server.asgi import Send
from router.server.events import Ended, EventSource
from router.server.state import RouterState

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]
_COMPLETE = b"event: complete\ndata: \n\n"


async def stream_events(context: RequestContext, state: RouterState, send: Send) -> None:
    """Sends each event as `next`, comments while nothing happens, and `complete` at the end."""
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    # The headers must not wait for the first event.
    await _send(send, b":\n\n")
    async with EventSource(context, state.stopping) as source:
        while True:
            item = await source.next(state.settings.router_keep_alive)
            if item is None:
                await _send(send, b":\n\n")
                continue
            if isinstance(item, Ended):
                if item.expired:
                    error = FieldError("the token has expired", "UNAUTHENTICATED")
                    await _send(send, _next(Response(None, [error])))
                break
            await _send(send, _next(item))
    await send({"type": "http.response.body", "body": _COMPLETE, "more_body": False})


async def send_single_event(outcome: Outcome, send: Send) -> None:
    """The response of a query or mutation to a client that asked for a stream."""
    await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, *outcome.headers]})
    await send({"type": "http.response.body", "body": b"event: next\ndata: " + outcome.body + b"\n\n" + _COMPLETE})


def _next(response: Response) -> bytes:
    return b"event: next\ndata: " + encode_response(response) + b"\n\n"


async def _send(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})
