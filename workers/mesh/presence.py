"""A worker process makes itself known in each of its domains: how wide it is, and that its running jobs still run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import psycopg
import structlog

from shared_models.kernel.tenancy import Lane
from workers.mesh.connection import MeshConnection

log = structlog.get_logger()

#: A worker that has not been seen for this long does not count towards capacity.
FRESH_SECONDS = 6.0
BEAT_SECONDS = 2.0

_APPEAR = """
INSERT INTO worker (id, threads, lanes, seen_at) VALUES (%(id)s, %(threads)s, %(lanes)s::jsonb, now())
ON CONFLICT (id) DO UPDATE SET seen_at = now()
"""
_EXTEND = """
UPDATE job SET lease_until = now() + make_interval(secs => %(seconds)s) WHERE worker = %(id)s AND state = 'running'
"""
_VANISH = "DELETE FROM worker WHERE id = %(id)s OR seen_at < now() - interval '1 hour'"


class Presence:
    """The heartbeat of one worker process, over the relay's role: it concerns jobs of every tenant."""

    def __init__(
        self,
        worker: UUID,
        databases: Sequence[MeshConnection],
        *,
        threads: int,
        lanes: Sequence[Lane],
        lease_seconds: float,
    ) -> None:
        self._worker = worker
        self._databases = databases
        self._threads = threads
        self._lanes = str([int(lane) for lane in lanes])
        self._lease_seconds = lease_seconds

    async def run(self) -> None:
        """Beats until cancelled."""
        while True:
            await asyncio.gather(*(self._beat(database) for database in self._databases))
            await asyncio.sleep(BEAT_SECONDS)

    async def leave(self) -> None:
        """Takes the worker off the registers, so that nothing more is dispatched for it."""
        await asyncio.gather(*(self._vanish(database) for database in self._databases))

    async def _beat(self, database: MeshConnection) -> None:
        try:
            await database.rows(_APPEAR, {"id": self._worker, "threads": self._threads, "lanes": self._lanes})
            await database.rows(_EXTEND, {"id": self._worker, "seconds": self._lease_seconds})
        except psycopg.Error as error:
            log.warning("worker.beat_missed", domain=database.domain, error=repr(error))

    async def _vanish(self, database: MeshConnection) -> None:
        try:
            await database.rows(_VANISH, {"id": self._worker})
        except psycopg.Error as error:
            log.warning("worker.still_registered", domain=database.domain, error=repr(error))
