"""Claims due jobs, lane by lane and within a lane tenant by tenant, and sends them to Redis under leases.

A claim of one lane, step by step:

1. `lanes`     how many messages it may send
2. `streams`   which tenants have work in it, queue by queue; `rounds` goes on from where the last claim ended
3. `keyed`     which of their jobs with keys may go now, under the lock
4. `fairness`  how many messages each tenant may send
5. `keyed`, `unkeyed`   claim so many, of both kinds
6. here        they are sent, the first of each tenant before the second of any

Whoever has no more waiting than one visit takes is sent ahead of what the others have in Redis already. Source of that:
the sparse flows of FQ-CoDel, RFC 8290, section 4.2. It is not more than a tenant's share, only sooner.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared_models.kernel.tenancy import Lane, Tier
from workers.mesh.connection import MeshConnection
from workers.mesh.dispatch import Dispatch, redis_key, sparse_key
from workers.mesh.lanes import allowances
from workers.mesh.relay.keyed import KeyedClaims, Offer
from workers.mesh.relay.publishing import published_trace
from workers.mesh.relay.rounds import Round
from workers.mesh.relay.streams import NOBODY
from workers.mesh.relay.survey import Survey
from workers.mesh.relay.unkeyed import UnkeyedClaims
from workers.mesh.roster import Roster

# By ids and tokens, as workers find what they start: a message may have arrived although Redis did not say so.
_UNCLAIM = """
UPDATE job SET state = 'queued', attempt = attempt - 1, lease_token = NULL, lease_until = NULL
WHERE id = ANY(%(jobs)s) AND lease_token = ANY(%(leases)s) AND state <> 'running'
"""


class RedisAway(Exception):
    """Redis did not take the messages; their jobs have been put back."""


class Dispatched(msgspec.Struct, frozen=True):
    """What one claim sent. `everywhere`: it has looked at all that is due; if not, the next one goes on at once."""

    messages: int
    everywhere: bool


class _Claimed(msgspec.Struct, frozen=True):
    rows: list[Any]
    sparse: frozenset[UUID]
    everywhere: bool


class Claims:
    """A relay's claims in one database. Whose turn it is lies in its memory; what is owed lies in the tables."""

    def __init__(self, database: MeshConnection, roster: Roster, redis: Redis, *, lease_seconds: float) -> None:
        self._database = database
        self._redis = redis
        sizes = roster.batch_sizes(database.domain)
        in_turn = {name: sizes.get(name, 1) for name in roster.in_turn(database.domain)}
        self._unkeyed = UnkeyedClaims(database, sizes, lease_seconds=lease_seconds)
        self._keyed = KeyedClaims(in_turn, lease_seconds=lease_seconds)
        self._rounds = {lane: Round() for lane in Lane}

    async def dispatch_due(self, found: Survey) -> Dispatched:
        """Claims and sends as many due jobs as the workers can take.

        Raises `RedisAway` when Redis does not answer. What was claimed is then put back, or, should that fail too,
        comes back when its lease ends.
        """
        domain = self._database.domain
        lists: defaultdict[str, list[Dispatch]] = defaultdict(list)
        everywhere = True
        for lane, allowed in _limits(found):
            claimed = await self._claim(lane, allowed)
            for dispatch in _dispatches(domain, lane, claimed.rows):
                key = sparse_key if (dispatch.tenant_id or NOBODY) in claimed.sparse else redis_key
                lists[key(domain, lane)].append(dispatch)
            everywhere = everywhere and claimed.everywhere
        dispatches = [dispatch for sent in lists.values() for dispatch in sent]
        if dispatches:
            try:
                await _send(self._redis, lists)
            except (RedisError, OSError) as error:
                await self._put_back(dispatches)
                raise RedisAway(repr(error)) from error
        return Dispatched(len(dispatches), everywhere)

    async def _put_back(self, dispatches: Sequence[Dispatch]) -> None:
        jobs = [job for dispatch in dispatches for job in dispatch.jobs]
        await self._database.rows(_UNCLAIM, {"jobs": jobs, "leases": [dispatch.lease for dispatch in dispatches]})

    async def _claim(self, lane: Lane, allowed: int) -> _Claimed:
        turns = self._rounds[lane]
        gathered = await turns.gather(self._database, lane, allowed)
        keyed = [stream for stream in gathered.streams if stream.keyed]
        if not keyed:
            granted = turns.grant(gathered, Counter(), allowed)
            rows = await self._unkeyed.take(lane, gathered.streams, granted.unkeyed)
            return _Claimed(rows, granted.sparse, gathered.everywhere)
        async with self._database.transaction() as execute:
            locked = await self._keyed.lock(execute)
            offers = await self._keyed.offers(execute, lane, keyed, allowed) if locked else []
            granted = turns.grant(gathered, Counter(offer.stream.turn for offer in offers), allowed)
            rows = await self._keyed.take(execute, lane, _granted(offers, granted.keyed))
        rows += await self._unkeyed.take(lane, gathered.streams, granted.unkeyed)
        everywhere = gathered.everywhere and locked and self._keyed.looked_everywhere(lane, keyed)
        return _Claimed(rows, granted.sparse, everywhere)


def _limits(found: Survey) -> Iterator[tuple[Lane, int]]:
    """How many messages each lane that has work may send now, most urgent first."""
    in_flight = dict(found.in_flight)
    for lane in found.due:
        allowed = allowances(found.threads, in_flight)[lane]
        if allowed:
            in_flight[lane] = in_flight.get(lane, 0) + allowed
            yield lane, allowed


def _granted(offers: Sequence[Offer], granted: Mapping[UUID, int]) -> list[Offer]:
    """The first offers of each tenant, as many as it was granted."""
    taken: Counter[UUID] = Counter()
    chosen = []
    for offer in offers:
        if taken[offer.stream.turn] < granted.get(offer.stream.turn, 0):
            taken[offer.stream.turn] += 1
            chosen.append(offer)
    return chosen


def _dispatches(domain: str, lane: Lane, claimed: Sequence[Any]) -> list[Dispatch]:
    """The messages, the first of each tenant before the second of any: Redis is read in this order."""
    by_lease: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in sorted(claimed, key=lambda row: (row.place, row.id)):
        by_lease[row.lease_token].append(row)
    return [_dispatch(domain, lane, rows) for rows in by_lease.values()]


def _dispatch(domain: str, lane: Lane, rows: Sequence[Any]) -> Dispatch:
    first = rows[0]
    return Dispatch(
        domain=domain,
        actor=first.name,
        lane=lane,
        lease=first.lease_token,
        jobs=tuple(row.id for row in rows),
        tenant_id=first.tenant_id,
        tier=Tier(first.tier),
        traces=tuple(published_trace(domain, row) for row in rows),
    )


async def _send(redis: Redis, lists: Mapping[str, Sequence[Dispatch]]) -> None:
    async with redis.pipeline(transaction=False) as pipeline:
        for key, dispatches in lists.items():
            pipeline.rpush(key, *(dispatch.to_message().encode() for dispatch in dispatches))
        await pipeline.execute()
