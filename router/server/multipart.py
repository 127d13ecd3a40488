"""Responses that come in parts, as `multipart/mixed`.

A client must be able to show a part before the one after it is there, so each is followed by its whole boundary, which
says whether it was the last.
"""

from __future__ import annotations

from router.gateway.context import RequestContext
from router.gateway.media_type import MediaType
from router.gateway.pipeline import Outcome, encode_response
from router.server.asgi import Message, Send
from router.server.events import Ended, EventSource
from router.server.state import RouterState

_BOUNDARY = b"\r\n---\r\n"
_LAST_BOUNDARY = b"\r\n-----\r\n"
_HEAD = b"content-type: application/json; charset=utf-8\r\n\r\n"


async def stream_parts(context: RequestContext, state: RouterState, send: Send) -> None:
    """Sends each event as a part, the first as soon as it is there."""
    is_started = False
    async with EventSource(context, state.stopping) as source:
        while not isinstance(item := await source.next(state.settings.router_keep_alive), Ended):
            if item is None:
                continue
            if not is_started:
                await send(_start(context))
                await send(_body(_BOUNDARY))
                is_started = True
            await send(_body(_HEAD + encode_response(item) + (_LAST_BOUNDARY if item.is_last else _BOUNDARY)))
    await send(_body(b"", is_last=True))


async def send_single_part(context: RequestContext, outcome: Outcome, send: Send) -> None:
    """The one response to a client that takes nothing but parts."""
    await send(_start(context))
    await send(_body(_BOUNDARY + _HEAD + outcome.body + _LAST_BOUNDARY, is_last=True))


def _start(context: RequestContext) -> Message:
    form = f"; {context.incremental.value}" if context.incremental else ""
    headers = [
        (b"content-type", f'{MediaType.MULTIPART}; boundary="-"{form}'.encode()),
        (b"cache-control", b"no-cache"),
        (b"x-accel-buffering", b"no"),
    ]
    if context.returned is not None:
        headers.extend(context.returned.lines())
    return {"type": "http.response.start", "status": 200, "headers": headers}


def _body(body: bytes, *, is_last: bool = False) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": not is_last}
