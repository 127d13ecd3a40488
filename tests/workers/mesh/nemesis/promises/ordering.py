"""Ordering keys: jobs of one key take effect one after the other, in the order in which they were committed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID, uuid4

from shared_models.kernel.job_control import JobFilter
from tests.support.ledger import Account
from tests.support.mesh_acts import Act
from tests.workers.mesh.nemesis.customer import Customer
from tests.workers.mesh.nemesis.record import Record

_HOWS = ["", "", "", "", "", "raise", "raise", "discard"]
_KEYS = ["first", "second"]


class Ordering:
    """Jobs of a few orders, of which some fail."""

    name = "of an order"

    def __init__(self, customer: Customer) -> None:
        self._customer = customer
        self._orders: defaultdict[tuple[UUID, str], list[UUID]] = defaultdict(list)

    async def ask(self) -> None:
        rng, ordering = self._customer.rng, self._customer.rng.choice(_KEYS)
        jobs = {
            uuid4(): Act(self._customer.key(), seconds=rng.uniform(0, 0.1), how=rng.choice(_HOWS), ordering=ordering)
            for _ in range(rng.randint(1, 3))
        }

        # Where nobody knows, it may have been committed later than those that were asked for after it.
        if await self._customer.commit(jobs):
            self._orders[self._customer.tenant, ordering] += jobs
            self._customer.remember(JobFilter(ids=[rng.choice(list(jobs))]))

    def reckon(self, record: Record, account: Account) -> int:
        return judge(self._orders.values(), record, account)


def judge(orders: Iterable[Sequence[UUID]], record: Record, account: Account) -> int:
    """Judges orders, each as it was committed. A dead letter that is replayed goes when it goes, and is left out."""
    judged = 0
    for order in orders:
        ran = [record[id] for id in order if id in record and record[id].span and not record[id].touched]
        latest = None
        for job in ran:
            assert job.span
            if latest and latest.span and job.span.began < latest.span.ended:
                account.double(f"{job.key} ran before {latest.key} had ended, which was committed before it")
            if not latest or not latest.span or latest.span.ended < job.span.ended:
                latest = job
        judged += len(ran)
    return judged
