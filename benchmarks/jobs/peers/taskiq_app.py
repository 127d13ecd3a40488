"""taskiq over a Redis stream: of its brokers the one that acknowledges."""

import asyncio

from taskiq_redis import RedisStreamBroker

from benchmarks.jobs.peers.work import REDIS_URL, perform_async

broker = RedisStreamBroker(url=REDIS_URL)
_started: list[bool] = []


@broker.task(task_name="work")
async def work(kind: str, index: int) -> None:
    """Runs one job."""
    await perform_async(kind, index)


async def put(kind: str, first: int, count: int) -> None:
    """Enqueues jobs, several calls at once."""
    if not _started:
        await broker.startup()
        _started.append(True)
    for start in range(first, first + count, 50):
        numbers = range(start, min(start + 50, first + count))
        await asyncio.gather(*(work.kiq(kind, index) for index in numbers))
