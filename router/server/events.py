"""The events of one subscription, or the parts of one response, whatever protocol carries them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from router.execution.errors import FieldError, SubrequestError
from router.execution.executor import Response
from router.gateway.context import RequestContext
from router.gateway.mask import unexpected

#: Sources being closed. Who goes away often cancels whoever closes, and the subgraph's connection must not stay open.
_closing: set[asyncio.Task[None]] = set()


@dataclass(frozen=True, slots=True)
class Ended:
    """No more events. `expired` where the token that allowed them has ended."""

    expired: bool = False


class EventSource:
    """Waits for events, the token's end and the router's stop at once. An async context manager."""

    def __init__(self, context: RequestContext, stopping: asyncio.Event) -> None:
        if context.events is None:
            raise RuntimeError("the request has no events")
        self._events: AsyncGenerator[Response] = context.events
        # What comes in parts has as long to end as any other response.
        self._stopping = stopping if context.is_subscription else asyncio.Event()
        self._expires_at = context.identity.expires_at if context.identity else None
        self._pending: asyncio.Task[Response | None] | None = None
        self._stop: asyncio.Task[bool] | None = None
        self._over: Ended | None = None

    async def __aenter__(self) -> Self:
        self._stop = asyncio.create_task(self._stopping.wait())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        closing = asyncio.create_task(self._close())
        _closing.add(closing)
        closing.add_done_callback(_closing.discard)
        await asyncio.shield(closing)

    async def _close(self) -> None:
        tasks = [task for task in (self._pending, self._stop) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._events.aclose()

    async def next(self, patience: float) -> Response | Ended | None:
        """The next response, the end, or None after `patience` seconds without either."""
        if self._over is not None:
            return self._over
        if self._pending is None:
            self._pending = asyncio.create_task(self._one())
        left = float("inf") if self._expires_at is None else self._expires_at - time.time()
        waiting: set[asyncio.Task[Response | None] | asyncio.Task[bool]] = {self._pending}
        if self._stop is not None:
            waiting.add(self._stop)
        await asyncio.wait(waiting, timeout=max(0.0, min(patience, left)), return_when=asyncio.FIRST_COMPLETED)
        if self._stopping.is_set():
            return Ended()
        if left <= patience and self._expires_at is not None and time.time() >= self._expires_at:
            return Ended(expired=True)
        if not self._pending.done():
            return None
        response = self._pending.result()
        self._pending = None
        return response if response is not None else Ended()

    async def _one(self) -> Response | None:
        """One event. A source that breaks ends with a last response that says why."""
        try:
            return await anext(self._events)
        except StopAsyncIteration:
            return None
        except SubrequestError as error:
            failure = FieldError(error.message, error.code, None, error.service)
        except Exception as error:  # a broken subscription must not break the connection
            failure = unexpected(error)
        self._over = Ended()
        return Response(None, [failure])
