"""Batches: what awaits one runs once, when all members have ended; also where one batch lies within another."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.batches import Failure, start_batch
from shared_models.kernel.job_control import JobFilter
from shared_models.kernel.jobs import Job
from tests.support.mesh_acts import Act
from tests.workers.mesh.nemesis.promises.awaiting import Awaited, Awaiting, member_ids

#: What members do, and how many they add.
_HOWS = ["", "", "", "", "", "", "raise", "discard"]
_ADDS = [0, 0, 0, 1, 3]


class Batches(Awaiting):
    """Batches of a few members, of which some fail and some add others."""

    name = "batches"

    async def _start(self, session: AsyncSession) -> Mapping[UUID, Job]:
        outer, jobs = await self._start_one(session, within=None)
        self._customer.remember(JobFilter(batch_id=outer.batch))
        if self._customer.rng.random() < 0.25:
            _, inner_jobs = await self._start_one(session, within=outer)
            jobs |= inner_jobs
        return jobs

    async def _start_one(self, session: AsyncSession, *, within: Awaited | None) -> tuple[Awaited, dict[UUID, Job]]:
        members = [self._member() for _ in range(self._customer.rng.randint(0, 5))]
        then = Act(self._customer.key())
        on_failure = self._customer.rng.choice(list(Failure))
        batch = await start_batch(
            session, members, then=then, on_failure=on_failure, within=within.batch if within else None
        )
        ids = await member_ids(session, batch.id)
        awaited = Awaited(batch.id, batch.then, list(members), on_failure)
        self._asked.append(awaited)
        if within:
            within.members.append(then)
        jobs: dict[UUID, Job] = {ids[member.key]: member for member in members}
        return awaited, jobs | {batch.then: then}

    def _member(self) -> Act:
        rng = self._customer.rng
        member = Act(self._customer.key(), seconds=rng.uniform(0, 0.2), how=rng.choice(_HOWS), adds=rng.choice(_ADDS))
        self._customer.ledger.allow_jobs(member.added())
        return member
