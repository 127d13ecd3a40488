"""A relay's claims without the relay: a test says how many workers there are, and what becomes of what is claimed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from dramatiq import Message

from shared_models.kernel.database import RELAY_ROLE, database_url
from shared_models.kernel.ids import new_id
from shared_models.kernel.tenancy import Lane
from tests.support.mesh import Mesh
from tests.support.mesh_domains import ROSTER
from workers.mesh.connection import MeshConnection
from workers.mesh.dispatch import Dispatch, from_kwargs, redis_keys
from workers.mesh.leases import START
from workers.mesh.relay.claiming import Claims
from workers.mesh.relay.survey import Survey

_END = "UPDATE job SET state = %(state)s, lease_token = NULL, lease_until = NULL WHERE lease_token = ANY(%(leases)s)"
_IN_FLIGHT: Mapping[Lane, int] = MappingProxyType({})


class Claimant:
    """Claims in `probe`, where nothing else claims meanwhile. Two of them are two relays that both take the lead."""

    def __init__(self, mesh: Mesh) -> None:
        self._redis = mesh.redis
        self.relay = MeshConnection("probe", database_url(mesh.settings, "probe", role=RELAY_ROLE))
        self._claims = Claims(self.relay, ROSTER, mesh.redis, lease_seconds=60)

    async def claim(
        self, *lanes: Lane, threads: int = 50, in_flight: Mapping[Lane, int] = _IN_FLIGHT
    ) -> list[Dispatch]:
        """What lies in Redis after one claim for so many threads of workers, in the order in which they take it."""
        due = list(lanes) or [Lane.STANDARD]
        await self.send(*due, threads=threads, in_flight=in_flight)
        return [dispatch for lane in due for dispatch in await self._taken(lane)]

    async def send(self, *lanes: Lane, threads: int = 50, in_flight: Mapping[Lane, int] = _IN_FLIGHT) -> None:
        """One claim, of which no worker has taken anything yet."""
        due = list(lanes)
        await self._claims.dispatch_due(Survey(unshipped=False, due=due, in_flight=dict(in_flight), threads=threads))

    async def start(self, *dispatches: Dispatch) -> None:
        """A worker starts them."""
        leases = [dispatch.lease for dispatch in dispatches]
        jobs = [job for dispatch in dispatches for job in dispatch.jobs]
        await self.relay.rows(START, {"jobs": jobs, "leases": leases, "worker": new_id(), "seconds": 60})

    async def end(self, *dispatches: Dispatch, state: str = "done") -> None:
        """They have ended, or are to be tried again: `queued`."""
        await self.relay.rows(_END, {"state": state, "leases": [dispatch.lease for dispatch in dispatches]})

    async def clear(self) -> None:
        """Deletes the jobs of everybody, what waits in Redis, and what is known of workers: they have been killed."""
        for table in ("job", "rate_start", "queue_pause", "worker"):
            await self.relay.rows(f"DELETE FROM {table}")
        await self._redis.delete(*_lists(*Lane))

    async def close(self) -> None:
        """Closes the connection."""
        await self.relay.close()

    async def _taken(self, lane: Lane) -> list[Dispatch]:
        """What waits in Redis, taken from there; another relay's may be among it."""
        messages: list[Any] = [
            message for key in _lists(lane) for message in await self._redis.lpop(key, 100_000) or []
        ]
        return [from_kwargs(Message.decode(message).kwargs["dispatch"]) for message in messages]


def _lists(*lanes: Lane) -> list[str]:
    return [key for (key,) in redis_keys(["probe"], lanes)]


def jobs_of(dispatches: Sequence[Dispatch]) -> list[UUID]:
    """Their jobs, in order."""
    return [job for dispatch in dispatches for job in dispatch.jobs]


def by_tenant(dispatches: Sequence[Dispatch]) -> Counter[UUID | None]:
    """How many messages each tenant has among them."""
    return Counter(dispatch.tenant_id for dispatch in dispatches)
