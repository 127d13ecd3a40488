"""Concurrency keys: of the jobs of one key never more run at once than its limit, in all lanes together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from shared_models.kernel.jobs import Concurrency, Job
from tests.support.ledger import Account
from tests.support.mesh_acts import Act, BulkAct
from tests.workers.mesh.nemesis.customer import Customer
from tests.workers.mesh.nemesis.record import Record

_HOWS = ["", "", "", "", "", "", "raise"]
_LIMITS = [Concurrency("one", 1), Concurrency("two", 2), Concurrency("three", 3)]


class Limited(msgspec.Struct):
    """What was asked for under a key."""

    limit: int
    jobs: list[UUID] = []


class Limits:
    """Jobs under a few limits, in two lanes."""

    name = "under a limit"

    def __init__(self, customer: Customer) -> None:
        self._customer = customer
        self._limited: defaultdict[tuple[UUID, Concurrency], list[UUID]] = defaultdict(list)

    async def ask(self) -> None:
        rng, limit = self._customer.rng, self._customer.rng.choice(_LIMITS)
        jobs: dict[UUID, Job] = {
            uuid4(): rng.choice([Act, Act, BulkAct])(
                self._customer.key(), seconds=rng.uniform(0, 0.3), how=rng.choice(_HOWS), concurrency=limit
            )
            for _ in range(rng.randint(1, 4))
        }

        self._limited[self._customer.tenant, limit] += jobs
        await self._customer.commit(jobs)

    def reckon(self, record: Record, account: Account) -> int:
        return judge((Limited(limit.limit, jobs) for (_, limit), jobs in self._limited.items()), record, account)


def judge(limited: Iterable[Limited], record: Record, account: Account) -> int:
    """Judges keys by how many of their jobs ran at each moment at which one began."""
    judged = 0
    for key in limited:
        ran = [record[id] for id in key.jobs if id in record and record[id].span]
        moments: list[tuple[datetime, int]] = []
        for job in ran:
            assert job.span
            moments += [(job.span.began, 1), (job.span.ended, -1)]
        at_once = most = 0
        for _, step in sorted(moments):
            at_once += step
            most = max(most, at_once)
        if most > key.limit:
            keys = ", ".join(job.key for job in ran[:20])
            account.double(f"{most} ran at once under a key whose limit is {key.limit}: of {keys}")
        judged += len(ran)
    return judged
