"""Who asks for work: on behalf of some tenants, by a random choice that follows from the seed."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from random import Random
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.job_control import JobFilter
from shared_models.kernel.jobs import Job
from shared_models.kernel.mesh import enqueue_all
from tests.support.ledger import Ledger
from tests.support.mesh import Mesh

_TENANTS = 3
#: Of so many of the latest jobs and batches one may be cancelled.
_RECENT = 12


class Customer:
    """What all kinds of load have in common."""

    def __init__(self, mesh: Mesh, ledger: Ledger, rng: Random) -> None:
        self.mesh = mesh
        self.ledger = ledger
        self.rng = rng
        self._tenants = [uuid4() for _ in range(_TENANTS)]
        self._recent: deque[tuple[UUID, JobFilter]] = deque(maxlen=_RECENT)
        self._number = 0

    @property
    def tenant(self) -> UUID:
        """On whose behalf it asks now."""
        return self.mesh.tenant

    def turn(self) -> None:
        """Goes on for a tenant at random."""
        self.mesh.tenant = self.rng.choice(self._tenants)

    def key(self) -> str:
        """A key that no other job has."""
        self._number += 1
        return f"n{self._number}"

    async def commit(self, jobs: Mapping[UUID, Job]) -> bool:
        """Commits jobs under their ids in one transaction; False where nobody knows whether it was committed."""

        async def enqueue(session: AsyncSession) -> Mapping[UUID, Job]:
            await enqueue_all(session, [(job, id) for id, job in jobs.items()])
            return jobs

        return await self.ledger.commit_by(enqueue)

    def remember(self, which: JobFilter) -> None:
        """Takes down something that may be cancelled."""
        self._recent.append((self.tenant, which))

    def recall(self) -> JobFilter | None:
        """Something of late, on behalf of whose tenant it goes on; None while there is nothing."""
        if not self._recent:
            return None
        self.mesh.tenant, which = self.rng.choice(self._recent)
        return which
