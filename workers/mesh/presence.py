"""A worker process makes itself known in each of its domains: how wide it is, and that its running jobs still run."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from uuid import UUID

import msgspec
import psycopg
import structlog

from shared_models.kernel.tenancy import Lane
from workers.mesh.connection import MeshConnection
from workers.mesh.under_way import UnderWay

log = structlog.get_logger()

#: A worker that has not been seen for this long does not count towards capacity.
FRESH_SECONDS = 6.0
#: Seconds between two beats, where what runs keeps its lease so long that several may be missed.
BEAT_SECONDS = 2.0
BEATS_OF_A_LEASE = 6

_APPEAR = """
INSERT INTO worker (id, threads, lanes, queues, seen_at)
VALUES (%(id)s, %(threads)s, %(lanes)s::jsonb, %(queues)s::jsonb, now())
ON CONFLICT (id) DO UPDATE SET seen_at = now()
"""
# Only what runs here by the process' own account: a job whose end could not be recorded is marked as running still,
# and has to lose its lease to be tried again. A locked row is that of a job which records its end: no beat waits for
# that, and no rescue takes it meanwhile.
_EXTEND = """
WITH held AS MATERIALIZED (
    SELECT id FROM job WHERE worker = %(id)s AND state = 'running' AND lease_token = ANY(%(leases)s)
    FOR UPDATE SKIP LOCKED
), kept AS (
    UPDATE job SET lease_until = now() + make_interval(secs => %(seconds)s)
    FROM held WHERE job.id = held.id RETURNING job.id, cancel_requested_at
)
SELECT id FROM kept WHERE cancel_requested_at IS NOT NULL
"""
_VANISH = "DELETE FROM worker WHERE id = %(id)s OR seen_at < now() - interval '1 hour'"


class Capacity(msgspec.Struct, frozen=True):
    """What a worker process takes: so many jobs at once, of these lanes.

    `queues` are those that its actors have in each domain: by that others know which queues there are.
    """

    threads: int
    lanes: Sequence[Lane]
    queues: Mapping[str, Sequence[str]] = MappingProxyType({})


class Presence:
    """The heartbeat of one worker process, over the relay's role: it concerns jobs of every tenant."""

    def __init__(
        self,
        worker: UUID,
        databases: Sequence[MeshConnection],
        capacity: Capacity,
        under_way: UnderWay,
        *,
        lease_seconds: float,
    ) -> None:
        self._worker = worker
        self._databases = databases
        self._threads = capacity.threads
        self._lanes = _json(capacity.lanes)
        self._queues = {domain: _json(names) for domain, names in capacity.queues.items()}
        self._under_way = under_way
        self._lease_seconds = lease_seconds
        self._pause = min(BEAT_SECONDS, lease_seconds / BEATS_OF_A_LEASE)

    async def run(self) -> None:
        """Beats until cancelled; a database that does not answer holds up no other's beat."""
        await asyncio.gather(*(self._keep_beating(database) for database in self._databases))

    async def leave(self) -> None:
        """Takes the worker off the registers, so that nothing more is dispatched for it."""
        await asyncio.gather(*(self._vanish(database) for database in self._databases))

    async def beat(self, database: MeshConnection) -> None:
        """Tells one database once. A failure is logged: the next beat makes good for it."""
        try:
            row = {"id": self._worker, "threads": self._threads, "lanes": self._lanes}
            await database.rows(_APPEAR, row | {"queues": self._queues.get(database.domain, "[]")})
            if leases := self._under_way.leases():
                values = {"id": self._worker, "seconds": self._lease_seconds, "leases": leases}
                for cancelled in await database.rows(_EXTEND, values):
                    self._under_way.break_off(cancelled.id)
        except Exception as error:  # whatever it was: a process that beats no more would lose all that it runs
            log.warning("worker.beat_missed", domain=database.domain, error=repr(error))

    async def _keep_beating(self, database: MeshConnection) -> None:
        while True:
            await self.beat(database)
            await asyncio.sleep(self._pause)

    async def _vanish(self, database: MeshConnection) -> None:
        try:
            await database.rows(_VANISH, {"id": self._worker})
        except psycopg.Error as error:
            log.warning("worker.still_registered", domain=database.domain, error=repr(error))


def _json(names: Sequence[Lane] | Sequence[str]) -> str:
    return msgspec.json.encode(names).decode()
