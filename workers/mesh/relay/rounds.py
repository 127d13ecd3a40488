"""The round of one lane: which tenants take part in a claim, and how many messages each may send."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from uuid import UUID

import msgspec

from shared_models.kernel.tenancy import Lane, Tier
from workers.mesh.connection import MeshConnection
from workers.mesh.relay.fairness import WEIGHTS, Waiting, shares
from workers.mesh.relay.streams import COUNTED, NOBODY, Stream, look

#: Looks that one claim takes to find enough tenants with work.
LOOKS = 4


class Gathered(msgspec.Struct, frozen=True):
    """The streams that take part in a claim, in the order of the round.

    `last`: the tenant that was looked at last; `everywhere`: there is no other to look at.
    """

    streams: list[Stream]
    last: UUID
    everywhere: bool


class Granted(msgspec.Struct, frozen=True):
    """How many messages each tenant may send, of jobs without keys and of those with keys.

    `sparse`: tenants that have no more waiting than one visit takes.
    """

    unkeyed: dict[UUID, int]
    keyed: dict[UUID, int]
    sparse: frozenset[UUID]


class Round:
    """Where a lane's round stands, in the leading relay's memory.

    A new leader begins anew: nothing depends on it but whose turn comes first.
    """

    def __init__(self) -> None:
        self._after = NOBODY
        self._deficits: dict[UUID, int] = {}
        self._odd = 0

    async def gather(self, database: MeshConnection, lane: Lane, allowed: int) -> Gathered:
        """Goes on round the tenants until one visit to each would use up what is allowed."""
        last = self._after
        streams: list[Stream] = []
        for _ in range(LOOKS):
            found = await look(database, lane, last, self._after, allowed)
            streams += found.streams
            last = found.last
            at_once = sum(min(WEIGHTS[stream.tier], stream.unkeyed + stream.keyed) for stream in streams)
            if found.everywhere or at_once >= allowed:
                return Gathered(streams, last, found.everywhere)
        return Gathered(streams, last, everywhere=False)

    def grant(self, gathered: Gathered, keyed: Mapping[UUID, int], allowed: int) -> Granted:
        """Shares out what is allowed, where each tenant may send so many messages with keys; moves the round on."""
        tiers: dict[UUID, Tier] = {}
        unkeyed: Counter[UUID] = Counter()
        for stream in gathered.streams:
            tiers[stream.turn] = max(stream.tier, tiers.get(stream.turn, stream.tier), key=WEIGHTS.__getitem__)
            unkeyed[stream.turn] += max(allowed, COUNTED) if stream.unkeyed >= COUNTED else stream.unkeyed
        waiting = [Waiting(turn, WEIGHTS[tier], unkeyed[turn] + keyed.get(turn, 0)) for turn, tier in tiers.items()]
        granted = shares(waiting, self._deficits, allowed)
        self._deficits = granted.deficits
        if sum(granted.messages.values()) < allowed:
            self._after = gathered.last
        elif granted.last is not None:
            self._after = granted.last
        self._odd = 1 - self._odd
        parts = {
            turn: _part(messages, unkeyed[turn], keyed.get(turn, 0), self._odd)
            for turn, messages in granted.messages.items()
        }
        return Granted(
            unkeyed={turn: messages - parts[turn] for turn, messages in granted.messages.items()},
            keyed=parts,
            # Of jobs with keys no more are counted than are allowed: who has as many may have more.
            sparse=frozenset(
                one.tenant for one in waiting if one.messages <= one.weight and keyed.get(one.tenant, 0) < allowed
            ),
        )


def _part(messages: int, unkeyed: int, keyed: int, odd: int) -> int:
    """How many of a tenant's messages are of jobs with keys: half of them, or what the others leave over."""
    return min(keyed, max((messages + odd) // 2, messages - unkeyed))
