"""Tells those who watch jobs that they have changed: over Redis, and never the source of what is shown.

Workers, relays and operators say which jobs; whoever watches one reads its record. What is said within a moment goes
out together, so under load a process publishes thirty times a second, however many jobs it runs.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared_models.kernel.live import LiveEvent, channel

log = structlog.get_logger()

#: The name of the live event, whose payload is `{"jobs": [ids]}`, on the channel of the domain `jobs`.
CHANGED = "jobs.Changed"
CHANNEL = channel("jobs")

#: Seconds over which changes are gathered, and those after which they are said again to a Redis that was away.
_GATHER = 0.03
_AFTER_FAILURE = 1.0
#: Ids in one message, and those that wait for Redis to come back. What is more is forgotten.
_MOST_IN_MESSAGE = 500
_MOST_WAITING = 20_000


class JobChanges:
    """Says which jobs have changed, on behalf of one process, on one event loop."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: defaultdict[UUID | None, set[UUID]] = defaultdict(set)
        self._sending: asyncio.Task[None] | None = None

    def tell(self, tenant_id: UUID | None, jobs: Iterable[UUID]) -> None:
        """Jobs of a tenant have changed, and the change is committed. Returns at once."""
        self._waiting[tenant_id].update(jobs)
        if self._sending is None:
            self._sending = asyncio.create_task(self._send(), name="job-changes")

    async def close(self) -> None:
        """Says what has not been said yet, once."""
        if self._sending:
            self._sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sending
        await self._publish()

    async def _send(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(_GATHER)
                if not await self._publish():
                    await asyncio.sleep(_AFTER_FAILURE)
        finally:
            self._sending = None

    async def _publish(self) -> bool:
        """Publishes all that waits; False, and it waits on, when Redis does not take it."""
        said, self._waiting = self._waiting, defaultdict(set)
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for tenant_id, jobs in said.items():
                    for message in _messages(tenant_id, list(jobs)):
                        pipeline.publish(CHANNEL, message)
                await pipeline.execute()
        except (RedisError, OSError) as error:
            log.debug("jobs.changes_not_told", error=repr(error))
            self._keep(said)
            return False
        except asyncio.CancelledError:
            self._keep(said)
            raise
        return True

    def _keep(self, said: dict[UUID | None, set[UUID]]) -> None:
        if sum(map(len, said.values())) <= _MOST_WAITING:
            for tenant_id, jobs in said.items():
                self._waiting[tenant_id] |= jobs


def _messages(tenant_id: UUID | None, jobs: list[UUID]) -> Iterable[bytes]:
    for start in range(0, len(jobs), _MOST_IN_MESSAGE):
        ids = [str(job) for job in jobs[start : start + _MOST_IN_MESSAGE]]
        yield msgspec.json.encode(LiveEvent(CHANGED, tenant_id, {"jobs": ids}))
