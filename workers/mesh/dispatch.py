"""A dispatch: what travels through Redis, as a Dramatiq message that carries no data of the job, only its lease."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
from dramatiq import Message

from shared_models.kernel.tenancy import Lane, Scope, Tier

#: The one queue name that Dramatiq sees; lanes and domains are lists in Redis, chosen by the mesh.
QUEUE = "mesh"


class Dispatch(msgspec.Struct, frozen=True):
    """One message: a job under a lease, or several of one actor and one tenant where the actor takes them together.

    `traces` are the W3C trace contexts of the jobs, in their order.
    """

    domain: str
    actor: str
    lane: Lane
    lease: UUID
    jobs: tuple[UUID, ...]
    tenant_id: UUID | None
    traces: tuple[dict[str, str], ...]
    tier: Tier = Tier.STANDARD

    def scope(self) -> Scope:
        """The scope in which the actor works; on whose behalf is known from each job."""
        return Scope(self.tenant_id, self.lane, tier=self.tier)

    def only(self, job: UUID) -> Dispatch:
        """As if it carried one of its jobs alone."""
        return msgspec.structs.replace(self, jobs=(job,), traces=(self.traces[self.jobs.index(job)],))

    def to_message(self) -> Message[None]:
        """As Dramatiq sends it."""
        return Message(
            queue_name=QUEUE,
            actor_name=self.actor,
            args=(),
            kwargs={"dispatch": msgspec.to_builtins(self)},
            options={},
        )


def from_kwargs(dispatch: dict[str, object]) -> Dispatch:
    """As the actor receives it; raises `msgspec.ValidationError` when it is none of ours."""
    return msgspec.convert(dispatch, Dispatch)


def redis_key(domain: str, lane: Lane) -> str:
    """The Redis list that holds the waiting messages of a domain's lane."""
    return f"trellis:queue:{domain}:{lane.name.lower()}"


def sparse_key(domain: str, lane: Lane) -> str:
    """The Redis list that is read before it: messages of tenants that had little waiting."""
    return f"{redis_key(domain, lane)}:sparse"


def redis_keys(domains: Sequence[str], lanes: Sequence[Lane]) -> list[list[str]]:
    """The lists that a worker reads, lane by lane, most urgent first, and of each lane the sparse ones first."""
    return [[key(domain, lane) for domain in domains] for lane in sorted(lanes) for key in (sparse_key, redis_key)]
