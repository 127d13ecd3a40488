"""What the peers' jobs do. A job is a kind and a number; the same kinds as in `benchmarks.jobs.ours.domain`."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from benchmarks.jobs.marks import mark

REDIS_URL = os.environ["BENCHMARK_REDIS_URL"]
DATABASE_URL = os.environ["BENCHMARK_DATABASE_URL"]

#: Jobs that one worker process runs at once, in every system.
SLOTS = int(os.environ.get("BENCHMARK_SLOTS", "12"))

SLEEPS = {"sleep": 0.05, "long": 2.0}
_INSERT = "INSERT INTO effect (key) VALUES (%s)"

_local = threading.local()
_pools: dict[int, AsyncConnectionPool[Any]] = {}


def perform(kind: str, index: int) -> None:
    """For systems whose jobs are plain functions: a connection for each thread."""
    mark("started", index)
    if kind == "insert":
        if not hasattr(_local, "connection"):
            _local.connection = psycopg.connect(DATABASE_URL, autocommit=True)
        _local.connection.execute(_INSERT, [index])
    elif kind in SLEEPS:
        time.sleep(SLEEPS[kind])
    mark("ended", index)


async def perform_async(kind: str, index: int) -> None:
    """For systems whose jobs are coroutines: a pool for each process."""
    mark("started", index)
    if kind == "insert":
        async with (await _pool()).connection() as connection:
            await connection.execute(_INSERT, [index])
    elif kind in SLEEPS:
        await asyncio.sleep(SLEEPS[kind])
    mark("ended", index)


async def _pool() -> AsyncConnectionPool[Any]:
    pid = os.getpid()
    if pid not in _pools:
        pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
            DATABASE_URL, min_size=1, max_size=SLOTS, open=False, kwargs={"autocommit": True}
        )
        _pools[pid] = pool
        await pool.open()
    return _pools[pid]
