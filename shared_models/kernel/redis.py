"""The one way to make a Redis client: with time limits, and without hidden repeats.

redis-py retries commands by default, which turns a lost reply into a second push; what must be repeated is
repeated by those who know whether it may be.
"""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


def connect(url: str, *, read_timeout: float | None = 5.0) -> Redis:
    """A client for `url`. `read_timeout` None is for a connection that waits for messages."""
    return Redis.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=3.0,
        socket_timeout=read_timeout,
        health_check_interval=0,
    )
