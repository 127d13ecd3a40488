"""Runs a domain's actors in this process, by the mesh's own executor: real leases, real transactions, no relay."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert

from shared_models.kernel.database import RELAY_ROLE, Database, database_url
from shared_models.kernel.events import Event
from shared_models.kernel.ids import new_id
from shared_models.kernel.jobs import Job
from shared_models.kernel.mesh_tables import job as job_table
from shared_models.kernel.mesh_tables import outbox
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Scope
from workers.mesh.actors import ActorSet
from workers.mesh.connection import MeshConnection
from workers.mesh.dispatch import Dispatch
from workers.mesh.execution import Executor
from workers.mesh.settings import MeshSettings


class Delivering:
    """Delivers to one domain's actors, for one tenant."""

    def __init__(self, settings: KernelSettings, actors: ActorSet, scope: Scope) -> None:
        self.scope = scope
        self._actors = actors.actors
        self._domain = actors.domain
        self.database = Database(actors.domain, database_url(settings, actors.domain), pool_size=10)
        self._register = MeshConnection(actors.domain, database_url(settings, actors.domain, role=RELAY_ROLE))
        self._executor = Executor(
            new_id(),
            {self._domain: self.database},
            {self._domain: self._register},
            MeshSettings(running_lease_seconds=30),
        )

    async def deliver(
        self, actor: str, *payloads: Event | Job, ids: list[UUID] | None = None, at: datetime | None = None
    ) -> list[Row[Any]]:
        """Hands payloads to an actor under one lease; the same `ids` again are further deliveries of the same.

        Returns the jobs as they are afterwards. `at`: when it happened, if not now.
        """
        ids = ids or [new_id() for _ in payloads]
        lease = new_id()
        async with self.database.transaction(self.scope) as session:
            for id, payload in zip(ids, payloads, strict=True):
                row = self._row(actor, id, payload, lease) | ({"caused_at": at} if at else {})
                again = {"state": "dispatched", "lease_token": lease, "attempt": job_table.c.attempt + 1}
                await session.execute(
                    insert(job_table).values(row).on_conflict_do_update(index_elements=[job_table.c.id], set_=again)
                )
        dispatch = Dispatch(
            self._domain, actor, self.scope.lane, lease, tuple(ids), self.scope.tenant_id, ({},) * len(ids)
        )
        await self._executor.run(self._actors[actor], dispatch)
        async with self.database.transaction(self.scope) as session:
            found = await session.execute(select(job_table).where(job_table.c.id.in_(ids)))
            return list(found.all())

    async def told(self) -> list[str]:
        """The names of the tenant's events, oldest first."""
        async with self.database.transaction(self.scope) as session:
            return list(await session.scalars(select(outbox.c.name).order_by(outbox.c.id)))

    async def close(self) -> None:
        """Closes the pools."""
        await self.database.close()
        await self._register.close()

    def _row(self, actor: str, id: UUID, payload: Event | Job, lease: UUID) -> dict[str, Any]:
        caused = {"event_name": payload.name(), "event_id": id} if isinstance(payload, Event) else {}
        return {
            "id": id,
            "tenant_id": self.scope.tenant_id,
            "actor_id": self.scope.actor_id,
            "name": actor,
            "payload": msgspec.to_builtins(payload),
            "trace": {},
            "lane": int(self.scope.lane),
            "state": "dispatched",
            "attempt": 1,
            "max_attempts": 12,
            "lease_token": lease,
            "lease_until": func.now(),
            **caused,
        }
