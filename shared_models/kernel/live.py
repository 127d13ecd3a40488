"""Live events: what subscriptions listen to. The relay publishes each event it ships; listeners read the record.

Redis pub/sub forgets: a listener that was away reads the record again when it comes back, so nothing is missed
that still matters.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import msgspec
import structlog
from redis.asyncio import Redis

log = structlog.get_logger()

CHANNEL_PREFIX = "trellis:live:"
_BACKLOG = 256
_RECONNECT_SECONDS = 0.5


class LiveEvent(msgspec.Struct, frozen=True):
    """An event as it passes by: enough to know whether to look, never the source of what is shown."""

    name: str
    tenant_id: UUID | None
    payload: dict[str, object]


def channel(domain: str) -> str:
    """The channel that carries the events of one domain."""
    return CHANNEL_PREFIX + domain


class LiveFeed:
    """One subscription to a domain's channel, shared by all listeners of a process.

    Listeners of a tenant get that tenant's events; `None` in a listener's queue means that something may
    have been missed (reconnected, or the listener was slow) and that the record has to be read again.
    """

    def __init__(self, redis: Redis, domain: str) -> None:
        self._redis = redis
        self._channel = channel(domain)
        self._listeners: dict[UUID | None, set[asyncio.Queue[LiveEvent | None]]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins to listen, in the background, until `stop`."""
        self._task = asyncio.create_task(self._run(), name=f"live-feed {self._channel}")

    async def stop(self) -> None:
        """Stops listening."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    @asynccontextmanager
    async def listen(self, tenant_id: UUID | None) -> AsyncIterator[asyncio.Queue[LiveEvent | None]]:
        """A queue of the tenant's events from now on. Listen first, read the record second: no gap between."""
        queue: asyncio.Queue[LiveEvent | None] = asyncio.Queue(_BACKLOG)
        self._listeners[tenant_id].add(queue)
        try:
            yield queue
        finally:
            self._listeners[tenant_id].discard(queue)
            if not self._listeners[tenant_id]:
                del self._listeners[tenant_id]

    async def _run(self) -> None:
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await pubsub.subscribe(self._channel)
                    self._tell_to_read_again()
                    async for message in pubsub.listen():
                        self._deliver(message["data"])
            except Exception as error:
                log.warning("live.disconnected", channel=self._channel, error=repr(error))
                await asyncio.sleep(_RECONNECT_SECONDS)

    def _deliver(self, data: bytes) -> None:
        try:
            event = msgspec.json.decode(data, type=LiveEvent)
        except msgspec.MsgspecError as error:
            log.warning("live.undecodable", channel=self._channel, error=str(error))
            return
        for queue in self._listeners.get(event.tenant_id, ()):
            _offer(queue, event)

    def _tell_to_read_again(self) -> None:
        for queues in self._listeners.values():
            for queue in queues:
                _offer(queue, None)


def _offer(queue: asyncio.Queue[LiveEvent | None], event: LiveEvent | None) -> None:
    """Puts an event without waiting; a listener too slow for its queue is told to read the record instead."""
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        event = None
    queue.put_nowait(event)
