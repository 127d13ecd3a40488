"""Unique keys: of equal jobs there is one at a time, from its commit to its end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.jobs import Job
from shared_models.kernel.mesh import enqueue
from tests.support.ledger import Account
from tests.support.mesh_acts import Act
from tests.workers.mesh.nemesis.customer import Customer
from tests.workers.mesh.nemesis.record import Ending, Record

_HOWS = ["", "", "", "", "", "raise", "discard"]
_KEYS = ["first", "second", "third"]


class Asked(NamedTuple):
    """A job that was enqueued, or that of which one was told who asked for another.

    `at` is a moment of the database when it was there. Whoever enqueues one waits for the commit that ends its equal,
    so by then that has ended.
    """

    id: UUID
    at: datetime
    is_new: bool


class Uniqueness:
    """Jobs of a few keys, asked for much oftener than they can run."""

    name = "of their kind"

    def __init__(self, customer: Customer) -> None:
        self._customer = customer
        self._asked: defaultdict[tuple[UUID, str], list[Asked]] = defaultdict(list)

    async def ask(self) -> None:
        rng, key, id = self._customer.rng, self._customer.rng.choice(_KEYS), uuid4()
        job = Act(self._customer.key(), seconds=rng.uniform(0, 0.5), how=rng.choice(_HOWS), unique=key)

        async def enqueued(session: AsyncSession) -> Mapping[UUID, Job]:
            found = await enqueue(session, job, job_id=id)
            at = (await session.execute(text("SELECT clock_timestamp()"))).scalar_one()
            asked.append(Asked(found, at, found == id))
            return {id: job} if found == id else {}

        asked: list[Asked] = []
        if await self._customer.ledger.commit_by(enqueued):
            self._asked[self._customer.tenant, key] += asked

    def reckon(self, record: Record, account: Account) -> int:
        return judge(self._asked.values(), record, account)


def judge(kinds: Iterable[Sequence[Asked]], record: Record, account: Account) -> int:
    """Judges what was asked for under each key; returns how many jobs there were, one after the other.

    A dead letter that is replayed lives again later. That it then ran alone is seen by its span, as with all.
    """
    judged = 0
    for kind in kinds:
        for asked in kind:
            if asked.id not in record and not asked.is_new:  # of a new one the ledger knows
                account.lose("who asked for a job was told of one that is not there")
        lived = [(asked.at, record[asked.id]) for asked in kind if asked.is_new and asked.id in record]
        _judge_lives(lived, account)
        _judge_spans([job for _, job in lived], account)
        judged += len(lived)
    return judged


def _judge_lives(lived: Sequence[tuple[datetime, Ending]], account: Account) -> None:
    before: list[Ending] = []
    for at, job in sorted(lived, key=lambda life: life[0]):
        for other in before:
            if not other.touched and (other.end is None or other.end > at):
                account.double(f"{job.key} was there before {other.key} had ended, its equal")
        before.append(job)


def _judge_spans(jobs: Iterable[Ending], account: Account) -> None:
    ran = sorted(((job.span, job) for job in jobs if job.span), key=lambda run: run[0].began)
    for (span, job), (following, other) in pairwise(ran):
        if following.began < span.ended:
            account.double(f"{other.key} ran before {job.key} had ended, its equal")
