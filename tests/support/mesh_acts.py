"""Jobs that leave when they ran: what a batch, a chain or a key promises is told by the order of their acts.

Both moments are the database's, and lie within the transaction that also ends the job. So what was committed ran under
its lease from the one to the other, and what a zombie did is not there.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import ClassVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.batches import BatchEnded, add_to_batch
from shared_models.kernel.jobs import Concurrency, Job, Keys, Retry
from shared_models.kernel.tenancy import Lane
from tests.support.mesh_domains import EFFECT_OF, leave_effect, probe
from workers.mesh.actors import Delivery
from workers.mesh.outcomes import Discard


class Act(Job, frozen=True):
    """Works for `seconds`, adds `adds` more to its batch, and leaves its effect with its span.

    `how`: `raise` fails the first attempt, `discard` every one.
    """

    domain: ClassVar[str] = "probe"
    # Who is replayed after its batch has ended cannot add to it any more.
    retry: ClassVar[Retry] = Retry(base=0.05, longest=0.5, by_error={BatchEnded: None})
    key: str
    seconds: float = 0.0
    how: str = ""
    adds: int = 0
    unique: str | None = None
    ordering: str | None = None
    concurrency: Concurrency | None = None

    def keys(self) -> Keys:
        return Keys(unique=self.unique, ordering=self.ordering, concurrency=self.concurrency)

    def added(self) -> list[Act]:
        """What it adds to its batch."""
        return [Act(f"{self.key}.{number}") for number in range(self.adds)]


class BulkAct(Act, frozen=True):
    """The same, when nobody waits."""

    lane: ClassVar[Lane | None] = Lane.BULK


EFFECT_OF |= {Act.name(): "act", BulkAct.name(): "act"}


@probe.performs(BulkAct)
@probe.performs(Act)
async def act(session: AsyncSession, delivery: Delivery[Act]) -> None:
    given = delivery.payload
    began = (await session.execute(text("SELECT clock_timestamp()"))).scalar_one()
    if given.adds:
        assert delivery.batch_id
        await add_to_batch(session, delivery.batch_id, given.added())
    await asyncio.sleep(given.seconds)
    await leave_effect(session, "act", given.key)
    await _leave_span(session, delivery, began)
    match given.how:
        case "raise" if delivery.attempt == 1:
            raise RuntimeError("as told")
        case "discard":
            raise Discard("UNWANTED", "as told")


async def _leave_span(session: AsyncSession, delivery: Delivery[Act], began: datetime) -> None:
    """From when to when the job ran, and how the batch has ended that it awaited: done, dead, cancelled."""
    ended = delivery.outcome
    told = None if ended is None else [ended.done, ended.dead, ended.cancelled]
    await session.execute(
        text("INSERT INTO span (job, began, ended, told) VALUES (:job, :began, clock_timestamp(), :told)"),
        {"job": delivery.job_id, "began": began, "told": told},
    )
