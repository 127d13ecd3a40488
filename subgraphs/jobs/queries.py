"""What can be asked of the mesh."""

from __future__ import annotations

from datetime import UTC, datetime

import strawberry

from shared_models.jobs.models import Wanted
from shared_models.kernel.errors import BadInput
from shared_models.kernel.ids import parse_id
from shared_models.kernel.mesh_tables import JobState
from shared_models.kernel.pagination import page_of, page_size
from shared_models.kernel.tenancy import Lane
from subgraphs.edge.connections import Connection, connection
from subgraphs.edge.context import Info
from subgraphs.jobs import loaders
from subgraphs.jobs.operators import board_of, who_looks
from subgraphs.jobs.positions import cursor_of, position_of
from subgraphs.jobs.types import Job, Queue

_MAX_NAME = 200


@strawberry.input(description="What is left out does not restrict.")
class JobFilterInput:
    """Which jobs to list."""

    state: JobState | None = None
    domain: str | None = None
    queue: str | None = None
    name: str | None = None
    lane: Lane | None = None
    since: datetime | None = strawberry.field(default=None, description="Created then or later.")
    tenant_id: strawberry.ID | None = strawberry.field(default=None, description="For those who see every tenant's.")

    def wanted(self) -> Wanted:
        """The domain's value. Raises `BadInput`."""
        for name in (self.domain, self.queue, self.name):
            if name is not None and len(name) > _MAX_NAME:
                raise BadInput(f"Names have at most {_MAX_NAME} characters.")
        tenant_id = None if self.tenant_id is None else parse_id(self.tenant_id)
        if self.tenant_id is not None and tenant_id is None:
            raise BadInput("`tenantId` is not an id.")
        return Wanted(
            state=self.state,
            domain=self.domain,
            queue=self.queue,
            name=self.name,
            lane=self.lane,
            since=in_utc(self.since),
            tenant_id=tenant_id,
        )


def in_utc(moment: datetime | None) -> datetime | None:
    """A time without a zone is meant as UTC."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


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
