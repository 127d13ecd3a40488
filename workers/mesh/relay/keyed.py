"""Claims jobs that have keys: in order, so many at once, so many in a time.

What is held back is counted in rows, under a lock that two relays cannot hold at once: so it holds also while one
leads no more and does not know yet, and a new leader goes on where the last one ended. A rate counts what a worker
started within its time, and what was claimed and may start at any moment.

Jobs with the same keys are one flow. A claim looks at each flow once, however many jobs wait in it, and at a bounded
number of flows, from where the last look at the tenant's queue ended.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, LiteralString
from uuid import UUID, uuid4

import msgspec

from shared_models.kernel.mesh_tables import BY_AGE, BY_FLOW, FLOW, TURN
from shared_models.kernel.tenancy import Lane
from workers.mesh.connection import Execute, MeshConnection
from workers.mesh.relay.streams import EVERYBODY, NOBODY, Stream

#: Flows that one claim looks at for each message that it may send, over all tenants; at most so many; and at least so
#: many of each of their queues.
FLOWS_FOR_EACH, MOST_FLOWS, FEWEST_FLOWS = 8, 512, 8

#: Places in flows that are remembered; forgetting one begins its queue's round anew.
REMEMBERED = 10_000

#: Rounds over all flows without a job taken after which there is none to take; the first may have begun midway.
BARREN = 2

#: Starts that are forgotten by one statement, and the seconds between two looks at those that count no more.
FORGOTTEN, FORGET_EVERY = 500, 2.0

#: The lock that whoever claims jobs with keys holds until its transaction ends.
LOCK = "SELECT pg_try_advisory_xact_lock(7305518230114) AS locked"

_IN_FLOW: LiteralString = f"""
state = 'queued' AND lane = %(lane)s AND {TURN} = flows.turn AND job.queue = flows.queue AND {FLOW} = flows.flow
"""
_COLUMNS: LiteralString = "id, name, queue, attempt, run_at, concurrency_limit, rate_limit, rate_seconds"

# The next flows of each queue, after the last one from the start, up to the one after which the look began. The first
# row is that one, and not part of it. Of each flow its keys and how much of them is used; and the first jobs that may
# go. Of an order that is its oldest job alone, when that one waits and is due and no other is in flight: a younger one
# may be, which was committed earlier, or went on while the older one was a dead letter. An actor that works in turn is
# offered one message's jobs while none of its kind is in flight.
_OFFER: LiteralString = f"""
WITH RECURSIVE flows AS (
    SELECT stream.*, after AS flow, false AS wrapped, 0 AS place
    FROM unnest(%(turns)s::uuid[], %(queues)s::text[], %(after)s::uuid[]) AS stream (turn, queue, after)
    WHERE NOT EXISTS (SELECT FROM queue_pause WHERE queue_pause.queue = stream.queue)
    UNION ALL
    SELECT flows.turn, flows.queue, flows.after, next.flow, next.wrapped, place + 1 FROM flows CROSS JOIN LATERAL (
        (SELECT {FLOW} AS flow, flows.wrapped FROM job
         WHERE state = 'queued' AND lane = %(lane)s AND {TURN} = flows.turn AND job.queue = flows.queue
         AND {FLOW} > flows.flow AND {FLOW} <= CASE WHEN flows.wrapped THEN flows.after ELSE %(last)s::uuid END
         ORDER BY {BY_FLOW} LIMIT 1)
        UNION ALL
        (SELECT {FLOW}, true FROM job
         WHERE NOT flows.wrapped AND state = 'queued' AND lane = %(lane)s AND {TURN} = flows.turn
         AND job.queue = flows.queue AND {FLOW} > %(nobody)s AND {FLOW} <= flows.after
         ORDER BY {BY_FLOW} LIMIT 1)
        LIMIT 1
    ) AS next
    WHERE place < %(flows)s
)
SELECT flows.turn, flows.queue AS stream, flows.flow, flows.wrapped,
       kept.concurrency_key, kept.rate_key, used.in_flight, used.started, kept.rate_seconds AS window, offered.*
FROM flows CROSS JOIN LATERAL (
    SELECT name, ordering_key, concurrency_key, concurrency_limit, rate_key, rate_limit, rate_seconds FROM job
    WHERE {_IN_FLOW} ORDER BY {BY_AGE} LIMIT 1
) AS kept CROSS JOIN LATERAL (
    SELECT CASE WHEN kept.concurrency_key IS NOT NULL THEN (
        SELECT count(*)::int FROM job
        WHERE concurrency_key = kept.concurrency_key AND state IN ('dispatched', 'running')
    ) END AS in_flight,
    CASE WHEN kept.rate_key IS NOT NULL THEN (
        SELECT count(*)::int FROM job WHERE rate_key = kept.rate_key AND state = 'dispatched'
    ) + (
        SELECT count(*)::int FROM rate_start WHERE rate_key = kept.rate_key
        AND started_at > now() - make_interval(secs => kept.rate_seconds)
    ) END AS started
) AS used LEFT JOIN LATERAL (
    SELECT {_COLUMNS} FROM (
        (SELECT {_COLUMNS} FROM job
         WHERE kept.ordering_key IS NULL AND {_IN_FLOW} AND run_at <= now() ORDER BY {BY_AGE}
         LIMIT COALESCE(
            CASE WHEN used.in_flight = 0 THEN (%(in_turn)s::jsonb ->> kept.name)::int END,
            GREATEST(0, LEAST(%(most)s, kept.concurrency_limit - used.in_flight, kept.rate_limit - used.started))
         ))
        UNION ALL
        (SELECT {_COLUMNS} FROM (
            SELECT {_COLUMNS}, state, lane, {FLOW} AS flow FROM job
            WHERE ordering_key = kept.ordering_key AND state IN ('queued', 'dispatched', 'running')
            ORDER BY created_at, id LIMIT 1
         ) AS oldest
         WHERE state = 'queued' AND run_at <= now() AND lane = %(lane)s AND queue = flows.queue AND flow = flows.flow
         AND NOT EXISTS (
            SELECT FROM job WHERE ordering_key = kept.ordering_key AND state IN ('dispatched', 'running')
         ))
    ) AS either
) AS offered ON true
WHERE place > 0
ORDER BY flows.turn, flows.queue, place, offered.run_at, offered.id
"""

# Whether they are still queued is asked once they are locked: see `unkeyed`.
_TAKE = """
WITH wanted AS (
    SELECT * FROM unnest(%(jobs)s::uuid[], %(leases)s::uuid[], %(places)s::int[]) AS wanted (id, lease, place)
), claimed AS MATERIALIZED (
    SELECT job.id, job.state, lease, place FROM job JOIN wanted ON job.id = wanted.id FOR UPDATE OF job SKIP LOCKED
)
UPDATE job SET
    state = 'dispatched', attempt = attempt + 1, lease_until = now() + make_interval(secs => %(seconds)s),
    lease_token = lease
FROM claimed WHERE job.id = claimed.id AND claimed.state = 'queued'
RETURNING job.id, name, tenant_id, tier, trace, attempt, lease_token, place
"""

_FORGET = f"""
DELETE FROM rate_start
WHERE ctid = ANY(ARRAY(SELECT ctid FROM rate_start WHERE counts_until < now() ORDER BY counts_until LIMIT {FORGOTTEN}))
RETURNING true AS forgotten
"""


class Offer(msgspec.Struct, frozen=True):
    """Jobs that may be claimed as one message, and the flow in which they lie."""

    stream: Stream
    flow: UUID
    jobs: list[UUID]


class _Place(msgspec.Struct):
    """Where the round over a queue's flows stands, and how often it has come round since a job was taken."""

    after: UUID = NOBODY
    barren: int = 0

    def advance(self, found: Sequence[Any], flows: int) -> None:
        """Moves on past what one look at so many flows has found."""
        if len({row.flow for row in found}) < flows:
            self.barren = BARREN  # this was all of them
        else:
            self.after = found[-1].flow
            self.barren += found[-1].wrapped


class KeyedClaims:
    """One relay's claims of jobs with keys. What it remembers decides only whose turn comes first."""

    def __init__(self, in_turn: Mapping[str, int], *, lease_seconds: float) -> None:
        """`in_turn`: how many jobs a message takes of the actors that have one message of a tenant in flight."""
        self._in_turn = dict(in_turn)
        self._in_turn_json = msgspec.json.encode(self._in_turn).decode()
        self._lease_seconds = lease_seconds
        self._places: OrderedDict[tuple[Lane, UUID, str], _Place] = OrderedDict()

    async def lock(self, execute: Execute) -> bool:
        """Keeps other relays from claiming jobs with keys until the transaction ends; False: another one does."""
        (row,) = await execute(LOCK)
        return bool(row.locked)

    async def offers(self, execute: Execute, lane: Lane, streams: Sequence[Stream], allowed: int) -> list[Offer]:
        """What may be claimed of these streams: all of it, or any part, until the lock is given up."""
        flows = max(FEWEST_FLOWS, min(MOST_FLOWS, FLOWS_FOR_EACH * allowed) // len(streams))
        rows = await execute(
            _OFFER,
            {
                "lane": int(lane),
                "turns": [stream.turn for stream in streams],
                "queues": [stream.queue for stream in streams],
                "after": [self._place(lane, stream).after for stream in streams],
                "flows": flows,
                "most": allowed,
                "in_turn": self._in_turn_json,
                "nobody": NOBODY,
                "last": EVERYBODY,
            },
        )
        by_stream: defaultdict[tuple[UUID, str], list[Any]] = defaultdict(list)
        for row in rows:
            by_stream[row.turn, row.stream].append(row)
        for stream in streams:
            self._place(lane, stream).advance(by_stream[stream.turn, stream.queue], flows)
        return offered({stream: by_stream[stream.turn, stream.queue] for stream in streams}, self._in_turn)

    async def take(self, execute: Execute, lane: Lane, offers: Sequence[Offer]) -> list[Any]:
        """Claims what was offered, each under a lease of its own; returns the rows."""
        sent: Counter[UUID] = Counter()
        jobs: list[UUID] = []
        leases: list[UUID] = []
        places: list[int] = []
        for offer in offers:
            place = self._place(lane, offer.stream)
            place.after, place.barren = offer.flow, 0
            sent[offer.stream.turn] += 1
            jobs += offer.jobs
            leases += [uuid4()] * len(offer.jobs)
            places += [sent[offer.stream.turn]] * len(offer.jobs)
        values = {"jobs": jobs, "leases": leases, "places": places, "seconds": self._lease_seconds}
        return await execute(_TAKE, values)

    def looked_everywhere(self, lane: Lane, streams: Sequence[Stream]) -> bool:
        """Whether the round has been over all flows of these streams, and found none that may go."""
        return all(self._place(lane, stream).barren >= BARREN for stream in streams)

    def _place(self, lane: Lane, stream: Stream) -> _Place:
        key = (lane, stream.turn, stream.queue)
        place = self._places.setdefault(key, _Place())
        self._places.move_to_end(key)
        if len(self._places) > REMEMBERED:
            self._places.popitem(last=False)
        return place


def offered(found: Mapping[Stream, Sequence[Any]], in_turn: Mapping[str, int]) -> list[Offer]:
    """The messages that may go, flow by flow: the keys of a flow may also be those of others, in other queues."""
    offers: list[Offer] = []
    in_flight: Counter[str] = Counter()
    started: Counter[str] = Counter()
    for stream, rows in found.items():
        together: dict[UUID, Offer] = {}
        for row in rows:
            if row.id is None:
                continue  # nothing of this flow is due, or all of it is held back
            if row.flow in together:
                if row.attempt == 0:
                    together[row.flow].jobs.append(row.id)
                continue
            concurrent = row.concurrency_key is None or (
                row.in_flight + in_flight[row.concurrency_key] < row.concurrency_limit
            )
            rated = row.rate_key is None or (
                row.rate_seconds == row.window and row.started + started[row.rate_key] < row.rate_limit
            )
            if not (concurrent and rated):
                continue
            in_flight[row.concurrency_key] += 1
            started[row.rate_key] += 1
            offers.append(Offer(stream, row.flow, [row.id]))
            if row.name in in_turn and row.attempt == 0:
                together[row.flow] = offers[-1]
    return offers


class RateStarts:
    """Forgets when jobs with a rate were started, once that counts no more."""

    def __init__(self, database: MeshConnection) -> None:
        self._database = database

    async def attend(self) -> float:
        """Deletes some; returns the seconds until the next look."""
        deleted = await self._database.rows(_FORGET)
        return 0.0 if len(deleted) == FORGOTTEN else FORGET_EVERY
