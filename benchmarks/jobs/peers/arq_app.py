"""arq, with as many jobs at once as all have; it looks for jobs every 20 ms, since between two looks it takes none."""

from __future__ import annotations

import asyncio
from typing import Any

from arq import create_pool
from arq.connections import ArqRedis, RedisSettings

from benchmarks.jobs.peers.work import REDIS_URL, SLOTS, perform_async

_redis: list[ArqRedis] = []


async def work(context: dict[str, Any], kind: str, index: int) -> None:
    """Runs one job."""
    del context
    await perform_async(kind, index)


class WorkerSettings:
    """What `arq` runs."""

    functions = (work,)
    redis_settings = RedisSettings.from_dsn(REDIS_URL)
    max_jobs = SLOTS
    keep_result = 0
    poll_delay = 0.02


async def put(kind: str, first: int, count: int) -> None:
    """Enqueues jobs, several calls at once."""
    if not _redis:
        _redis.append(await create_pool(WorkerSettings.redis_settings))
    for start in range(first, first + count, 50):
        numbers = range(start, min(start + 50, first + count))
        await asyncio.gather(*(_redis[0].enqueue_job("work", kind, index) for index in numbers))
