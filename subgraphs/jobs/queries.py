"""What can be asked of the mesh."""

from __future__ import annotations

import strawberry

from shared_models.jobs.models import Wanted
from shared_models.kernel.pagination import page_of, page_size
from subgraphs.edge.connections import Connection, connection
from subgraphs.edge.context import Info
from subgraphs.jobs import loaders
from subgraphs.jobs.filters import JobFilterInput
from subgraphs.jobs.operators import board_of, who_looks
from subgraphs.jobs.positions import cursor_of, position_of
from subgraphs.jobs.types import Job, Queue


@strawberry.type
class Query:
    """The queries of jobs: staff and auditors see their tenant's, the platform's own staff everybody's."""

    @strawberry.field
    async def job(self, info: Info, id: strawberry.ID) -> Job | None:
        """A job, of whatever domain."""
        who_looks(info.context)
        record = await info.context.load_by_id(loaders.load_jobs, id)
        return Job.of(record) if record else None

    @strawberry.field
    async def jobs(
        self, info: Info, filter: JobFilterInput | None = None, first: int | None = None, after: str | None = None
    ) -> Connection[Job]:
        """Jobs of all domains, newest first; also those that have ended, for as long as they are kept."""
        operator, board = who_looks(info.context), board_of(info.context)
        size, position = page_size(first), position_of(after)
        wanted = filter.wanted() if filter else Wanted()

        async def count() -> int:
            return await board.count(operator, wanted)

        rows = await board.list_jobs(operator, wanted, position, size + 1)
        return connection(page_of(rows, size, cursor_of), Job.of, count)

    @strawberry.field
    async def queues(self, info: Info) -> list[Queue]:
        """The queues of all domains that have jobs or are paused, by lane."""
        return [Queue.of(record) for record in await board_of(info.context).queues(who_looks(info.context))]
