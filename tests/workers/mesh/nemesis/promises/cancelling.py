"""Cancellations: whom the answer says to be cancelled stays so. Whom it finds running ends one way or the other."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID

from shared_models.kernel.job_control import cancel
from shared_models.kernel.job_state import JobState
from tests.support.ledger import BROKEN, Account
from tests.workers.mesh.nemesis.customer import Customer
from tests.workers.mesh.nemesis.record import Record


class Cancelling:
    """Cancels jobs and batches of late. That a cancelled job has no effect, and others one, the ledger knows."""

    name = "cancelled"

    def __init__(self, customer: Customer) -> None:
        self._customer = customer
        self._cancelled: set[UUID] = set()

    async def ask(self) -> None:
        which = self._customer.recall()
        if which is None:
            return
        with suppress(*BROKEN):  # cancelled or not: either is right
            async with self._customer.mesh.transaction() as session:
                step = await cancel(session, which)
            self._cancelled.update(job.id for job in step.jobs if job.state is JobState.CANCELLED)

    def reckon(self, record: Record, account: Account) -> int:
        return judge(self._cancelled, record, account)


def judge(cancelled: Iterable[UUID], record: Record, account: Account) -> int:
    """Judges the jobs of which it was answered that they are cancelled."""
    judged = 0
    for id in cancelled:
        judged += 1
        ending = record.get(id)
        if ending is None:
            account.lose("a job that was cancelled is not there")
        elif ending.state is not JobState.CANCELLED:
            account.double(f"{ending.key} was cancelled, and is {ending.state}")
        elif ending.spans:
            account.double(f"{ending.key} was cancelled, and has run")
    return judged
