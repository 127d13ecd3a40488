"""Chains: each link runs once, after the one before has ended with all that it has added."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.batches import Failure, chain
from shared_models.kernel.job_control import JobFilter
from shared_models.kernel.jobs import Job
from tests.support.mesh_acts import Act
from tests.workers.mesh.nemesis.promises.awaiting import Awaited, Awaiting

#: What links do; what all but the last add to their batch.
_HOWS = ["", "", "", "", "", "", "", "raise", "discard"]
_ADDS = [0, 0, 0, 2]

_BATCHES = "SELECT id, batch_id FROM job WHERE id = ANY(:ids)"


class Chains(Awaiting):
    """Chains of a few links, of which some fail and some add others."""

    name = "links of chains"

    async def _start(self, session: AsyncSession) -> Mapping[UUID, Job]:
        rng = self._customer.rng
        links = [self._link(rng.choice(_ADDS)) for _ in range(rng.randint(1, 4))] + [self._link(0)]
        on_failure = rng.choice(list(Failure))
        ids = await chain(session, links, on_failure=on_failure)
        self._customer.remember(JobFilter(ids=[rng.choice(ids)]))
        batches = {row.id: row.batch_id for row in await session.execute(text(_BATCHES), {"ids": ids})}
        self._asked += [
            Awaited(batches[id], then, [link], on_failure)
            for (id, then), link in zip(pairwise(ids), links, strict=False)
        ]
        return dict(zip(ids, links, strict=True))

    def _link(self, adds: int) -> Act:
        rng = self._customer.rng
        link = Act(self._customer.key(), seconds=rng.uniform(0, 0.2), how=rng.choice(_HOWS), adds=adds)
        self._customer.ledger.allow_jobs(link.added())
        return link
