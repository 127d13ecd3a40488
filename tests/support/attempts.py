"""Attempts at jobs in the test's own process, by functions of the test, without relay or worker process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec

from shared_models.kernel.database import RELAY_ROLE, database_url
from shared_models.kernel.ids import new_id
from shared_models.kernel.job_changes import JobChanges
from shared_models.kernel.jobs import Job
from shared_models.kernel.tenancy import Lane
from tests.support.mesh import Mesh
from tests.support.mesh_domains import ROSTER
from workers.mesh.actors import Actor, External, Policy, Transactional
from workers.mesh.connection import MeshConnection
from workers.mesh.dispatch import Dispatch
from workers.mesh.execution import Executor
from workers.mesh.presence import Capacity, Presence
from workers.mesh.settings import MeshSettings

_DISPATCH = """
UPDATE job SET state = 'dispatched', attempt = attempt + 1, lease_token = %(lease)s,
lease_until = now() + interval '1 minute' WHERE id = ANY(%(ids)s)
"""


class Attempts:
    """What a worker process holds, for the domain `probe`."""

    def __init__(self, mesh: Mesh, register: MeshConnection) -> None:
        self.mesh = mesh
        self.register = register
        self.changes = JobChanges(mesh.redis)
        worker = new_id()
        databases = {"probe": mesh.database("probe")}
        self.executor = Executor(worker, databases, {"probe": register}, MeshSettings(), self.changes)
        self.presence = Presence(
            worker, [register], Capacity(threads=1, lanes=[]), self.executor.under_way, lease_seconds=12
        )

    async def run(self, actor: Actor, *ids: UUID) -> None:
        """One attempt of an actor at jobs that are queued."""
        lease = new_id()
        await self.register.rows(_DISPATCH, {"ids": list(ids), "lease": lease})
        none: dict[str, str] = {}
        dispatch = Dispatch("probe", actor.name, Lane.STANDARD, lease, ids, self.mesh.tenant, (none,) * len(ids))
        await self.executor.run(actor, dispatch)

    async def row(self, id: UUID) -> dict[str, Any]:
        """The job as it is, as others see it."""
        (row,) = [row for row in await self.mesh.jobs() if row["id"] == id]
        return row


@asynccontextmanager
async def attempts_of(mesh: Mesh) -> AsyncIterator[Attempts]:
    """Attempts at the jobs of a mesh under test."""
    register = MeshConnection("probe", database_url(mesh.settings, "probe", role=RELAY_ROLE), durable=False)
    attempts = Attempts(mesh, register)
    yield attempts
    await attempts.executor.close()
    await attempts.changes.close()
    await register.close()


def outside(job: type[Job], function: External[Any], policy: Policy | None = None) -> Actor:
    """The actor of a job, but that it does something else, outside the database."""
    actor = ROSTER.actors[job.name()]
    return msgspec.structs.replace(actor, external=function, transactional=None, policy=policy or actor.policy)


def inside(job: type[Job], function: Transactional[Any], policy: Policy | None = None) -> Actor:
    """The actor of a job, but that it does something else, in its transaction."""
    actor = ROSTER.actors[job.name()]
    return msgspec.structs.replace(actor, transactional=function, external=None, policy=policy or actor.policy)
