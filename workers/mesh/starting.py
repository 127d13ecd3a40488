"""Starts what a worker process has popped: all that comes while a statement is under way by the next one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from workers.mesh.connection import MeshConnection
from workers.mesh.dispatch import Dispatch
from workers.mesh.gathering import Gathering
from workers.mesh.leases import START


class Starting:
    """The starts of one domain's jobs in one worker process, for `seconds` from the last heartbeat.

    Each statement commits by itself, before the actors' transactions and outside them.
    """

    def __init__(self, register: MeshConnection, worker: UUID, seconds: float) -> None:
        self._register = register
        self._worker = worker
        self._seconds = seconds
        self._gathering = Gathering(self._start)

    async def start(self, dispatch: Dispatch) -> list[Any]:
        """Marks the jobs of a dispatch that are still ours as running; returns their rows."""
        return await self._gathering.result_for(dispatch)

    async def _start(self, dispatches: Sequence[Dispatch]) -> list[list[Any]]:
        values = {
            "jobs": [job for dispatch in dispatches for job in dispatch.jobs],
            "leases": [dispatch.lease for dispatch in dispatches],
            "worker": self._worker,
            "seconds": self._seconds,
        }
        started: defaultdict[UUID, list[Any]] = defaultdict(list)
        for row in await self._register.rows(START, values):
            started[row.lease_token].append(row)
        # A message may come twice; its jobs start once.
        return [started.pop(dispatch.lease, []) for dispatch in dispatches]
