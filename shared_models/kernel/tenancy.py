"""For whom work is done: the tenant whose rows are visible, the person who asked, the lane of what follows."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from uuid import UUID

import msgspec


class Tier(StrEnum):
    """What a tenant has paid for."""

    STANDARD = "STANDARD"
    PREMIUM = "PREMIUM"


class Lane(IntEnum):
    """How urgent a job is; lower runs first. The names are those of queues, metrics and the command line."""

    INTERACTIVE = 0
    PREMIUM = 1
    STANDARD = 2
    BULK = 3

    @classmethod
    def of_tier(cls, tier: Tier) -> Lane:
        """The lane of what a tenant's requests cause."""
        return cls.PREMIUM if tier is Tier.PREMIUM else cls.STANDARD


class Scope(msgspec.Struct, frozen=True):
    """The scope of a unit of work: what it may see, and what its events and jobs inherit.

    `tenant_id` None is the platform itself: it sees no tenant's rows.
    """

    tenant_id: UUID | None
    lane: Lane = Lane.STANDARD
    actor_id: UUID | None = None
    tier: Tier = Tier.STANDARD
