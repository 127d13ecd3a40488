"""graphql-sse in distinct connections mode: one stream of events for one operation."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from shared_models.kernel.errors import Unauthenticated
from subgraphs.edge.errors import encode_errors, shown

_KEEP_ALIVE_SECONDS = 12.0
_KEEP_ALIVE = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"


async def event_stream(
    results: AsyncGenerator[bytes],
    *,
    stopping: asyncio.Event,
    expires_at: float | None = None,
    keep_alive: float = _KEEP_ALIVE_SECONDS,
) -> AsyncIterator[bytes]:
    """The events of `results`, until they end, the token expires (Unix seconds) or the process stops.

    Comments keep proxies from closing a quiet stream. Stopping ends it without `complete`: the client
    comes back and finds another process. However it ends, `results` is closed by the task that read it.
    """
    ready: asyncio.Queue[bytes | Exception | None] = asyncio.Queue(1)
    reader = asyncio.create_task(_read(results, ready), name="subscription")
    stop = asyncio.create_task(stopping.wait())
    try:
        yield _KEEP_ALIVE
        while True:
            item = await _next(ready, stop, _patience(expires_at, keep_alive))
            if stop.done():
                return
            if item is _QUIET:
                if expires_at is not None and time.time() >= expires_at:
                    yield _event(encode_errors(shown(Unauthenticated("The access token has expired."))))
                    yield _COMPLETE
                    return
                yield _KEEP_ALIVE
            elif isinstance(item, bytes):
                yield _event(item)
            else:
                if isinstance(item, Exception):
                    yield _event(encode_errors(shown(item)))
                yield _COMPLETE
                return
    finally:
        stop.cancel()
        reader.cancel()
        # Not `await reader`: were this stream cancelled twice, the second time would break off the reader's clean-up.
        await asyncio.wait({reader})


class _Quiet:
    """Nothing came in time."""


_QUIET = _Quiet()


async def _read(results: AsyncGenerator[bytes], ready: asyncio.Queue[bytes | Exception | None]) -> None:
    """Drives the generator in one task from first to last, so that what it holds open it also closes."""
    try:
        async with aclosing(results):
            async for result in results:
                await ready.put(result)
    except Exception as error:
        await ready.put(error)
    else:
        await ready.put(None)


async def _next(
    ready: asyncio.Queue[bytes | Exception | None], stop: asyncio.Task[bool], seconds: float
) -> bytes | Exception | _Quiet | None:
    getting = asyncio.ensure_future(ready.get())
    try:
        await asyncio.wait({getting, stop}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return getting.result() if getting.done() else _QUIET
    finally:
        getting.cancel()


def _patience(expires_at: float | None, keep_alive: float) -> float:
    return keep_alive if expires_at is None else max(0.0, min(keep_alive, expires_at - time.time()))


def _event(data: bytes) -> bytes:
    return b"event: next\ndata: " + data + b"\n\n"
