"""A lossy hint over Redis that there is something to do: saves the relay the wait until its next poll.

Losing every nudge costs a quarter of a second, nothing else; so nobody waits for one, and failures are
swallowed here, and only here.
"""

import asyncio

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()

CHANNEL_PREFIX = "trellis:nudge:"

#: Seconds between two nudges of a domain: as long as a relay under load rests between two rounds.
_AT_MOST_EVERY = 0.004


class Nudge:
    """Tells the relay that leads a domain's database to look now. Used as `Database(on_commit=Nudge(redis))`.

    One is under way for a domain at a time: commits that come meanwhile are followed by one more.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()

    async def __call__(self, domain: str) -> None:
        """Returns at once."""
        if domain in self._under_way:
            self._again.add(domain)
        else:
            self._under_way[domain] = asyncio.create_task(self._send(domain))

    async def _send(self, domain: str) -> None:
        try:
            await self._redis.publish(CHANNEL_PREFIX + domain, b"")
            await asyncio.sleep(_AT_MOST_EVERY)
        except (RedisError, OSError) as error:
            log.debug("mesh.nudge_lost", domain=domain, error=repr(error))
        finally:
            del self._under_way[domain]
            if domain in self._again:
                self._again.discard(domain)
                await self(domain)
