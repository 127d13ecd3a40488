"""A lossy hint over Redis that there is something to do: saves the relay the wait until its next poll.

Losing every nudge costs a quarter of a second, nothing else; so failures are swallowed here, and only here.
"""

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()

CHANNEL_PREFIX = "trellis:nudge:"


class Nudge:
    """Tells the relay that leads a domain's database to look now. Used as `Database(on_commit=Nudge(redis))`."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    async def __call__(self, domain: str) -> None:
        try:
            await self._redis.publish(CHANNEL_PREFIX + domain, b"")
        except (RedisError, OSError) as error:
            log.debug("mesh.nudge_lost", domain=domain, error=repr(error))
