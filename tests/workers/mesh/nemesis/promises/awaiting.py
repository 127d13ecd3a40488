"""What awaits the end of a batch: it runs once, after all members have ended, and is told how.

The link of a chain awaits a batch, too, whose member is the link before it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.batches import Failure
from shared_models.kernel.job_state import JobState
from shared_models.kernel.jobs import Job
from tests.support.ledger import Account
from tests.support.mesh_acts import Act
from tests.workers.mesh.nemesis.customer import Customer
from tests.workers.mesh.nemesis.record import Ending, Record

_MEMBERS = "SELECT payload ->> 'key' AS key, id FROM job WHERE batch_id = :batch"

#: How `BatchOutcome` counts, in this order.
_TOLD = (JobState.DONE, JobState.DEAD, JobState.CANCELLED)


class Awaited(msgspec.Struct):
    """A batch that was asked for: the job that awaits its end, and the members that it has from the start."""

    batch: UUID
    then: UUID
    members: list[Act]
    on_failure: Failure


class Awaiting(ABC):
    """A kind of load in which jobs await batches."""

    def __init__(self, customer: Customer) -> None:
        self._customer = customer
        self._asked: list[Awaited] = []

    async def ask(self) -> None:
        await self._customer.ledger.commit_by(self._start)

    def reckon(self, record: Record, account: Account) -> int:
        return judge(self._asked, record, account)

    @abstractmethod
    async def _start(self, session: AsyncSession) -> Mapping[UUID, Job]:
        """Enqueues some, takes them down in `_asked`, and returns them by their ids."""


async def member_ids(session: AsyncSession, batch: UUID) -> dict[str, UUID]:
    """The ids of the members that a batch has, by their keys."""
    return {row.key: row.id for row in await session.execute(text(_MEMBERS), {"batch": batch})}


def judge(asked: Iterable[Awaited], record: Record, account: Account) -> int:
    """Judges those that are in the record; whether they ought to be there is known to the ledger. Tells how many."""
    return _Judge(asked, record, account).judge()


class _Judge:
    def __init__(self, asked: Iterable[Awaited], record: Record, account: Account) -> None:
        self._asked = {awaited.batch: awaited for awaited in asked}
        self._awaited_by = {awaited.then: awaited.batch for awaited in self._asked.values()}
        self._record = record
        self._account = account
        self._members: defaultdict[UUID | None, list[Ending]] = defaultdict(list)
        for ending in record.values():
            self._members[ending.batch_id].append(ending)

    def judge(self) -> int:
        judged = 0
        for awaited in self._asked.values():
            then, members = self._record.get(awaited.then), self._members[awaited.batch]
            if then is None:
                if members:
                    self._account.lose(f"a batch with {members[0].key} is there without the job that awaits it")
                continue
            judged += 1
            self._judge_membership(awaited, members)
            for member in members:
                self._judge_cause(member)
            if then.batch_id is None:  # else it was judged as a member
                self._judge_cause(then)
            if then.span:
                self._judge_run(awaited, then, members)
        return judged

    def _judge_membership(self, awaited: Awaited, members: Sequence[Ending]) -> None:
        """All members are there, with those that were added by members whose transaction was committed."""
        done = {member.key for member in members if member.state is JobState.DONE}
        first = Counter(member.key for member in awaited.members)
        added = Counter(_keys(member.added() for member in awaited.members if member.key in done))
        found = Counter(member.key for member in members)
        for key in (first + added) - found:
            self._account.lose(f"member {key} of a batch is not there")
        for key in found - (first + added):
            self._account.double(f"member {key} is there, and nobody has added it to the batch")
        for member in members:
            if member.key not in first:  # the ledger does not know it
                self._judge_added(member)

    def _judge_added(self, member: Ending) -> None:
        had, expected = len(member.spans), int(member.state is JobState.DONE)
        what = f"member {member.key}, which was added, is {member.state} and has run {had} times"
        if not member.state.is_terminal or had < expected:
            self._account.lose(what)
        elif had > expected:
            self._account.double(what)

    def _judge_run(self, awaited: Awaited, then: Ending, members: Sequence[Ending]) -> None:
        """What awaits has run: after the end of all, and where it is to, only if all went well."""
        assert then.span
        for member in members:
            if not member.touched and (member.end is None or member.end > then.span.began):
                self._account.double(f"{then.key} ran before {member.key} had ended, which it awaits")
            if awaited.on_failure is Failure.CANCELS_REST and member.state is not JobState.DONE:
                self._account.double(f"{then.key} ran although {member.key} is {member.state}")
        if not any(member.touched for member in members):
            counts = Counter(member.state for member in members)
            ended = [counts[state] for state in _TOLD]
            if then.span.told != ended:
                self._account.lose(f"{then.key} was told of {then.span.told}, and its batch has ended by {ended}")

    def _judge_cause(self, job: Ending) -> None:
        """Whom nobody has cancelled was cancelled for a batch that has failed."""
        if job.state is not JobState.CANCELLED or job.touched:
            return
        batches = (job.batch_id, self._awaited_by.get(job.id))
        if not any(batch and self._failed(batch) for batch in batches):
            self._account.lose(f"{job.key} is cancelled, and there was no cause")

    def _failed(self, batch: UUID) -> bool:
        """Whether one of its members may be the cause why the others were cancelled."""
        awaited = self._asked.get(batch)
        return bool(awaited and awaited.on_failure is Failure.CANCELS_REST) and any(
            self._has_failed(member) for member in self._members[batch]
        )

    def _has_failed(self, member: Ending) -> bool:
        before = self._awaited_by.get(member.id)
        return member.touched or member.state is JobState.DEAD or bool(before and self._failed(before))


def _keys(jobs: Iterable[Sequence[Act]]) -> Iterator[str]:
    return (job.key for job in chain.from_iterable(jobs))
