"""Jobs that belong together: batches, of which one job is told the end, and chains, one job after the other.

Nothing counts their members: a batch has ended when none is left that has not. So members add others from within, and
a hundred thousand of them end without meeting at one row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from itertools import islice
from typing import LiteralString
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.database import driver_of
from shared_models.kernel.errors import TrellisError
from shared_models.kernel.ids import new_id
from shared_models.kernel.job_rows import Place
from shared_models.kernel.jobs import Job
from shared_models.kernel.mesh import enqueue_placed

#: Members that go into one statement.
PART = 1000


class Failure(Enum):
    """What becomes of the others when a member is dead or cancelled."""

    IGNORED = "ignored"  # all members run, then what awaits them, which is told how many failed
    CANCELS_REST = "cancels_rest"  # members that have not ended are cancelled, and so is what awaits them


class BatchOutcome(msgspec.Struct, frozen=True):
    """How many members ended how, as it is when the job that awaits them starts."""

    done: int
    dead: int
    cancelled: int


class Batch(msgspec.Struct, frozen=True):
    """A batch that was started: `id` is its members' `batch_id`; `then` is the id of the job that awaits its end."""

    id: UUID
    then: UUID


class BatchEnded(TrellisError):
    """Members were added to a batch that has ended, or that there is not."""

    code = "BATCH_ENDED"


# Shared, so that members may add others at once; but the relay that looks whether the batch has ended waits for it.
_HOLD_OPEN: LiteralString = "SELECT 1 FROM job WHERE awaits = %s AND state = 'blocked' FOR SHARE"


async def start_batch(
    session: AsyncSession, jobs: Iterable[Job], *, then: Job, on_failure: Failure, within: UUID | None = None
) -> Batch:
    """Enqueues `jobs` and, for when all of them have ended, `then`, whose delivery tells the `BatchOutcome`.

    `within` another batch, `then` is a member of that one, which so ends after this one. A job that waits already
    under its unique key is no member. Raises as `enqueue` does, and `BatchEnded` for that other batch.
    """
    batch = new_id()
    awaiting = Place(within, batch, awaits_success=on_failure is Failure.CANCELS_REST)
    if within:
        await _hold_open(session, within)
    (then_id,) = await enqueue_placed(session, [(then, awaiting)])
    await _add(session, batch, jobs)
    return Batch(batch, then_id)


async def add_to_batch(session: AsyncSession, batch_id: UUID, jobs: Iterable[Job]) -> list[UUID]:
    """Adds members to a batch that has not ended, such as that of the member that calls; returns their ids.

    Raises `BatchEnded` when its end has been noticed: what awaits it may run already.
    """
    await _hold_open(session, batch_id)
    return await _add(session, batch_id, jobs)


async def chain(session: AsyncSession, jobs: Sequence[Job], *, on_failure: Failure) -> list[UUID]:
    """Enqueues jobs of which each runs once the one before has ended; returns their ids.

    Each link is a batch: what a job adds to its own `batch_id` has to end, too, before the next one runs. One that
    waits already under its unique key is no link, and the next does not wait for it.
    """
    if not jobs:
        return []
    links = [new_id() for _ in jobs[1:]]
    cancels = on_failure is Failure.CANCELS_REST
    places = [
        Place(batch_id, awaits, awaits_success=cancels and awaits is not None)
        for batch_id, awaits in zip([*links, None], [None, *links], strict=True)
    ]
    return await enqueue_placed(session, zip(jobs, places, strict=True))


async def _add(session: AsyncSession, batch_id: UUID, jobs: Iterable[Job]) -> list[UUID]:
    place, given, ids = Place(batch_id), iter(jobs), []
    while part := [(job, place) for job in islice(given, PART)]:
        ids += await enqueue_placed(session, part)
    return ids


async def _hold_open(session: AsyncSession, batch_id: UUID) -> None:
    if not await (await driver_of(session).execute(_HOLD_OPEN.encode(), [batch_id])).fetchall():
        raise BatchEnded(f"Batch {batch_id} has ended.", batch_id=str(batch_id))
