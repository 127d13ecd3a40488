"""Steady load of many kinds: several tenants and lanes, jobs that fail, wait, linger, or kill their worker."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from random import Random
from uuid import UUID, uuid4

from shared_models.kernel.job_control import JobFilter, cancel, replay
from shared_models.kernel.jobs import Job
from tests.support.ledger import BROKEN, Ledger
from tests.support.mesh import Mesh
from tests.support.mesh_domains import BulkPoke, Linger, Misbehave, Outside, Poke

_TENANTS = 3
#: Of so many of the latest jobs one may be cancelled.
_RECENT = 40


class Load:
    """Commits, rolls back, cancels and replays, until it is stopped."""

    def __init__(self, mesh: Mesh, ledger: Ledger, rng: Random, *, pause: float) -> None:
        self._mesh = mesh
        self._ledger = ledger
        self._rng = rng
        self._pause = pause
        self._tenants = [uuid4() for _ in range(_TENANTS)]
        self._recent: deque[tuple[UUID, UUID]] = deque(maxlen=_RECENT)
        self._number = 0

    async def run(self) -> None:
        """Goes on until cancelled."""
        while True:
            self._mesh.tenant = self._rng.choice(self._tenants)
            choice = self._rng.random()
            if choice < 0.05:
                await self._ledger.roll_back(self._job())
            elif choice < 0.08:
                await self._cancel()
            elif choice < 0.10:
                await self._replay()
            else:
                jobs = [self._job() for _ in range(self._rng.choice([1, 1, 2, 5]))]
                self._recent += [(self._mesh.tenant, id) for id in await self._ledger.commit(*jobs)]
            await asyncio.sleep(self._rng.uniform(0, 2 * self._pause))

    async def _cancel(self) -> None:
        if self._recent:
            self._mesh.tenant, id = self._rng.choice(self._recent)
            await self._try(JobFilter(ids=[id]), cancels=True)

    async def _replay(self) -> None:
        await self._try(JobFilter(), cancels=False)

    async def _try(self, which: JobFilter, *, cancels: bool) -> None:
        with contextlib.suppress(*BROKEN):  # done or not: either is right
            async with self._mesh.transaction() as session:
                await (cancel if cancels else replay)(session, which)

    def _job(self) -> Job:
        self._number += 1
        key, rng = f"n{self._number}", self._rng
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
