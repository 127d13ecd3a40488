"""One domain, `bench`, whose jobs do what those of the peers do."""

from __future__ import annotations

import asyncio
import os
from typing import ClassVar
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.jobs.marks import mark
from shared_models.kernel.database import Database, database_url, driver_of
from shared_models.kernel.ids import new_id
from shared_models.kernel.jobs import Job
from shared_models.kernel.mesh import enqueue_all
from shared_models.kernel.nudge import Nudge
from shared_models.kernel.redis import connect
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Scope
from workers.mesh.actors import ActorSet, Attempt, Delivery
from workers.mesh.roster import Roster

#: Short jobs that one message may carry.
TOGETHER = int(os.environ.get("BENCHMARK_TOGETHER", "1"))

#: Whose jobs these are.
TENANT = uuid5(UUID(int=0), os.environ.get("BENCHMARK_TENANT", "one"))

_ROWS = 1000


class Numbered(Job, frozen=True):
    """A job is a kind, its type, and a number."""

    domain: ClassVar[str] = "bench"
    index: int


class Noop(Numbered, frozen=True):
    """Nothing."""


class Insert(Numbered, frozen=True):
    """One row."""


class Sleep(Numbered, frozen=True):
    """50 ms of input and output."""


class Long(Numbered, frozen=True):
    """Long enough to be killed in."""


KINDS: dict[str, type[Numbered]] = {"noop": Noop, "insert": Insert, "sleep": Sleep, "long": Long}

actors = ActorSet("bench")


@actors.performs_external(Noop, together=TOGETHER)
async def noop(attempt: Attempt, delivery: Delivery[Noop]) -> None:
    """Has no effect in the database."""
    del attempt
    mark("started", delivery.payload.index)
    mark("ended", delivery.payload.index)


@actors.performs(Insert, together=TOGETHER)
async def insert(session: AsyncSession, delivery: Delivery[Insert]) -> None:
    """Effect and completion are one transaction."""
    mark("started", delivery.payload.index)
    await driver_of(session).execute("INSERT INTO effect (key) VALUES (%s)", [delivery.payload.index])
    mark("ended", delivery.payload.index)


@actors.performs_external(Sleep)
async def sleep(attempt: Attempt, delivery: Delivery[Sleep]) -> None:
    """Waits for something outside."""
    del attempt
    mark("started", delivery.payload.index)
    await asyncio.sleep(0.05)
    mark("ended", delivery.payload.index)


@actors.performs_external(Long)
async def long(attempt: Attempt, delivery: Delivery[Long]) -> None:
    """Waits longer."""
    del attempt
    mark("started", delivery.payload.index)
    await asyncio.sleep(2.0)
    mark("ended", delivery.payload.index)


ROSTER = Roster([actors])

_databases: list[Database] = []


async def put(kind: str, first: int, count: int) -> None:
    """Enqueues jobs in transactions of up to a thousand."""
    if not _databases:
        settings = KernelSettings()
        nudge = Nudge(connect(settings.redis_url))
        _databases.append(Database("bench", database_url(settings, "bench"), on_commit=nudge))
        await _databases[0].ping()
    for start in range(first, first + count, _ROWS):
        numbers = range(start, min(start + _ROWS, first + count))
        async with _databases[0].transaction(Scope(TENANT)) as session:
            await enqueue_all(session, [(KINDS[kind](index), new_id()) for index in numbers])
