"""Dramatiq with its Redis broker, as its guide sets it up."""

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from benchmarks.jobs.peers.work import REDIS_URL, perform

broker = RedisBroker(url=REDIS_URL)
dramatiq.set_broker(broker)


@dramatiq.actor
def work(kind: str, index: int) -> None:
    """Runs one job."""
    perform(kind, index)


async def put(kind: str, first: int, count: int) -> None:
    """Enqueues jobs, one call each: there is no other."""
    for index in range(first, first + count):
        work.send(kind, index)
