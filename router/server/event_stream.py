"""Subscriptions as server-sent events (graphql-sse, distinct connections mode)."""

from __future__ import annotations

from router.gateway.context import RequestContext
from router.gateway.pipeline import encode_response
from router.server.asgi import Send
from router.server.events import Ended, EventSource
from router.server.state import RouterState

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]


async def stream_events(context: RequestContext, state: RouterState, send: Send) -> None:
    """Sends each event as `next`, comments while nothing happens, and `complete` at the end."""
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    # The headers must not wait for the first event.
    await _send(send, b":\n\n")
    expires_at = context.identity.expires_at if context.identity else None
    async with EventSource(context, state.stopping, expires_at) as source:
        while True:
            item = await source.next(state.settings.router_keep_alive)
            if item is None:
                await _send(send, b":\n\n")
                continue
            if isinstance(item, Ended):
                break
            await _send(send, b"event: next\ndata: " + encode_response(item) + b"\n\n")
    await send({"type": "http.response.body", "body": b"event: complete\ndata: \n\n", "more_body": False})


async def _send(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})
