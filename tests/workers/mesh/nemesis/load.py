"""Steady load of many kinds: several tenants and lanes, jobs that fail, wait, linger, or kill their worker."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from shared_models.kernel.job_control import JobFilter, replay
from shared_models.kernel.jobs import Job
from tests.support.ledger import BROKEN
from tests.support.mesh_domains import BulkPoke, Linger, Misbehave, Outside, Poke
from tests.workers.mesh.nemesis.customer import Customer

Kind = Callable[[], Coroutine[Any, Any, None]]


class Load:
    """Asks for work of all kinds until it is stopped: for some that stands alone, and for what is `promised`."""

    def __init__(self, customer: Customer, promised: Mapping[Kind, int], *, pause: float) -> None:
        """`promised`: further kinds of load, each with its weight; what stands alone weighs 70."""
        self._customer = customer
        self._pause = pause
        self._kinds = {self._commit: 63, self._roll_back: 5, self._replay: 2, **promised}

    async def run(self) -> None:
        """Goes on until cancelled."""
        rng = self._customer.rng
        kinds, weights = list(self._kinds), list(self._kinds.values())
        while True:
            self._customer.turn()
            (ask,) = rng.choices(kinds, weights)
            await ask()
            await asyncio.sleep(rng.uniform(0, 2 * self._pause))

    async def _commit(self) -> None:
        jobs = [self._job() for _ in range(self._customer.rng.choice([1, 1, 2, 5]))]
        for id in await self._customer.ledger.commit(*jobs):
            self._customer.remember(JobFilter(ids=[id]))

    async def _roll_back(self) -> None:
        await self._customer.ledger.roll_back(self._job())

    async def _replay(self) -> None:
        with contextlib.suppress(*BROKEN):  # replayed or not: either is right
            async with self._customer.mesh.transaction() as session:
                await replay(session, JobFilter())

    def _job(self) -> Job:
        key, rng = self._customer.key(), self._customer.rng
        kind = rng.random()
        if kind < 0.55:
            return Poke(key)
        if kind < 0.70:
            return BulkPoke(key)
        if kind < 0.80:
            return Outside(key, seconds=rng.uniform(0, 1.5))
        if kind < 0.88:
            return Linger(key, seconds=rng.uniform(0, 1.0))
        if kind < 0.995:
            return Misbehave(key, rng.choice(["raise", "raise", "snooze", "discard"]), times=rng.randint(1, 3))
        return Misbehave(key, rng.choice(["kill", "exit"]), times=1)
