"""Completes jobs that leave no effect in the database: many at a time, and without waiting for the disk.

Nothing has to be kept together with such a completion. Should it be lost, in a crash of the database's server, the
job is tried again under the same idempotency key, as it would be had its worker died a moment earlier.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from workers.mesh.connection import MeshConnection
from workers.mesh.gathering import Gathering
from workers.mesh.leases import DONE
from workers.mesh.outcomes import LeaseLost

# By the token alone, as in `leases`.
_FINISH = f"""
UPDATE job SET {DONE}
FROM unnest(%(jobs)s::uuid[], %(leases)s::uuid[]) AS ended (job, lease)
WHERE job.id = ended.job AND job.lease_token = ended.lease
RETURNING ended.job, ended.lease
"""

Held = tuple[UUID, UUID]
"""A job, and the lease that it ran under."""


class Completion:
    """The completion of one domain's jobs in one worker process, over its connection for marks."""

    def __init__(self, register: MeshConnection) -> None:
        self._register = register
        self._gathering = Gathering(self._finish)

    async def finish(self, job: UUID, lease: UUID) -> None:
        """Completes one job, or raises `LeaseLost`."""
        if not await self._gathering.result_for((job, lease)):
            raise LeaseLost

    async def _finish(self, ended: Sequence[Held]) -> list[bool]:
        values = {"jobs": [job for job, _ in ended], "leases": [lease for _, lease in ended]}
        finished = {(row.job, row.lease) for row in await self._register.rows(_FINISH, values)}
        return [held in finished for held in ended]
