"""Jobs and queues as GraphQL shows them."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet
from strawberry.scalars import JSON

from shared_models.jobs.models import JobRecord, QueueRecord
from subgraphs.edge.context import Info
from subgraphs.jobs import loaders
from subgraphs.jobs.enums import JobState, Lane


@strawberry.federation.type(keys=[Key(fields=FieldSet("id"), resolvable=False)])
class Tenant:
    """Whose job it is."""

    id: strawberry.ID


@strawberry.type(description="How far a job is, as it says itself.")
class JobProgress:
    """So much of so much."""

    done: int
    total: int | None = strawberry.field(description="Null where the job does not know.")
    note: str | None


@strawberry.type(description="Why the last attempt failed.")
class JobError:
    """A failure."""

    code: str
    message: str


async def _arguments(root: Job, info: Info) -> JSON | None:
    """Read only where it is asked for, for all jobs of the request at once."""
    given = await info.context.load_by_id(loaders.load_arguments, root.id)
    return None if given is None else JSON(given)


@strawberry.federation.type(keys=["id"], description="A piece of work that a domain owes.")
class Job:
    """GraphQL's face of a job."""

    id: strawberry.ID
    name: str = strawberry.field(description="What handles it, such as `catalog.reserve_stock`.")
    domain: str
    queue: str
    event_name: str | None = strawberry.field(description="Of the event that it is about, such as `orders.OrderPaid`.")
    lane: Lane
    state: JobState
    progress: JobProgress | None
    attempt: int = strawberry.field(description="How often it has been tried.")
    max_attempts: int
    run_at: datetime = strawberry.field(description="Not before then.")
    created_at: datetime
    finished_at: datetime | None
    cancel_requested_at: datetime | None = strawberry.field(
        description="Since when a running job is asked to stop; it ends as CANCELLED, or as DONE when it is quicker."
    )
    error: JobError | None
    trace_id: str | None
    tenant: Tenant | None = strawberry.field(description="Null for the platform's own work.")
    arguments: JSON | None = strawberry.field(
        resolver=_arguments,
        description="What it was given, without what is secret or personal. Null where that is more than 64 KB.",
    )

    @classmethod
    def of(cls, record: JobRecord) -> Job:
        """From the domain's record."""
        progress, error = record.progress, record.error
        return cls(
            id=strawberry.ID(str(record.id)),
            name=record.name,
            domain=record.domain,
            queue=record.queue,
            event_name=record.event_name,
            lane=record.lane,
            state=record.state,
            progress=JobProgress(done=progress.done, total=progress.total, note=progress.note) if progress else None,
            attempt=record.attempt,
            max_attempts=record.max_attempts,
            run_at=record.run_at,
            created_at=record.created_at,
            finished_at=record.finished_at,
            cancel_requested_at=record.cancel_requested_at,
            error=JobError(code=error.code, message=error.message) if error else None,
            trace_id=record.trace_id,
            tenant=Tenant(id=strawberry.ID(str(record.tenant_id))) if record.tenant_id else None,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Job | None:
        """Batched over all jobs that the request refers to."""
        record = await info.context.load_by_id(loaders.load_jobs, id)
        return cls.of(record) if record else None


@strawberry.type(description="A queue in one lane of a domain, as far as its jobs are the caller's to see.")
class Queue:
    """GraphQL's face of a queue."""

    domain: str
    name: str
    lane: Lane | None = strawberry.field(description="Null for a queue that is paused while nothing is in it.")
    depth: int = strawberry.field(description="Jobs that wait.")
    in_flight: int = strawberry.field(description="Jobs on the way to a worker, or running.")
    dead: int = strawberry.field(description="Dead letters.")
    age: float | None = strawberry.field(
        description="For how many seconds the first in line has been due; null where none is."
    )
    throughput: int = strawberry.field(description="Jobs that have ended within the last minute, well or dead.")
    failure_rate: float | None = strawberry.field(
        description="Which share of those is dead; null where none has ended."
    )
    paused: bool = strawberry.field(description="Nothing of it is started, whoever's it is.")

    @classmethod
    def of(cls, record: QueueRecord) -> Queue:
        """From the domain's record."""
        return cls(
            domain=record.domain,
            name=record.name,
            lane=record.lane,
            depth=record.depth,
            in_flight=record.in_flight,
            dead=record.dead,
            age=record.age,
            throughput=record.finished,
            failure_rate=record.failure_rate,
            paused=record.paused,
        )
