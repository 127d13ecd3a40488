"""What the mesh pushes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from uuid import UUID

import strawberry

from shared_models.jobs.models import JobRecord, Operator
from shared_models.kernel.errors import TrellisError
from shared_models.kernel.ids import parse_id
from shared_models.kernel.live import LiveEvent
from subgraphs.edge.context import Context, Info
from subgraphs.jobs.operators import board_of, who_looks
from subgraphs.jobs.types import Job


class JobNotFound(TrellisError):
    """There is no such job, or it is not the caller's to see."""

    code = "NOT_FOUND"


@strawberry.type
class Subscription:
    """The subscriptions of jobs, for those who may look at them."""

    @strawberry.subscription
    async def job_updated(self, info: Info, id: strawberry.ID) -> AsyncGenerator[Job, None]:
        """The job as it is, then each time that it has changed, until it has ended.

        The record is what is shown: a live event, or the notice that some were missed, only says to look.
        """
        context = info.context
        operator, job_id = who_looks(context), parse_id(id)
        if job_id is None:
            raise JobNotFound("There is no such job.")
        # Whose it is never changes, and says where to listen. Only what is read after that is shown.
        tenant_id = (await _read(context, operator, job_id)).tenant_id
        async with context.services.live.listen(tenant_id) as events:
            record = await _read(context, operator, job_id)
            yield Job.of(record)
            while not record.state.is_terminal:
                await _told_of(events, job_id)
                before, record = record, await _read(context, operator, job_id)
                if record != before:
                    yield Job.of(record)


async def _told_of(events: asyncio.Queue[LiveEvent | None], job_id: UUID) -> None:
    """Waits until something says that the job may have changed; what has been said since is the same news."""
    told = False
    while not told or not events.empty():
        event = await events.get()
        told = told or event is None or str(job_id) in _ids(event)


def _ids(event: LiveEvent) -> list[str]:
    ids = event.payload.get("jobs")
    return ids if isinstance(ids, list) else []


async def _read(context: Context, operator: Operator, job_id: UUID) -> JobRecord:
    found = await board_of(context).find(operator, [job_id])
    if job_id not in found:
        raise JobNotFound("There is no such job.", job_id=job_id)
    return found[job_id]
