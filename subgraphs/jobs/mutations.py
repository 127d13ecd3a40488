"""What can be done to jobs and queues. Who did it is logged, and recorded beside the jobs."""

from __future__ import annotations

from uuid import UUID

import strawberry

from shared_models.kernel.errors import UserError
from shared_models.kernel.ids import parse_id
from subgraphs.edge.context import Info
from subgraphs.edge.payloads import Payload, payload
from subgraphs.jobs.filters import DeadJobFilterInput
from subgraphs.jobs.operators import board_of, who_acts
from subgraphs.jobs.types import Job, Queue


@strawberry.input
class RetryJobInput:
    """The dead letter to try again."""

    id: strawberry.ID


@strawberry.input
class CancelJobInput:
    """The job to call off."""

    id: strawberry.ID


@strawberry.input
class PauseQueueInput:
    """The queue to pause."""

    domain: str
    queue: str


@strawberry.input
class ResumeQueueInput:
    """The queue to resume."""

    domain: str
    queue: str


@strawberry.input
class ReplayDeadJobsInput:
    """The dead letters to try again."""

    filter: DeadJobFilterInput


@strawberry.type
class RetryJobPayload(Payload):
    """The job, QUEUED."""

    job: Job | None = None


@strawberry.type
class CancelJobPayload(Payload):
    """The job, CANCELLED; or still RUNNING and asked to stop."""

    job: Job | None = None


@strawberry.type
class PauseQueuePayload(Payload):
    """The queue, by lane."""

    queues: list[Queue] | None = None


@strawberry.type
class ResumeQueuePayload(Payload):
    """The queue, by lane; nothing when nothing is in it."""

    queues: list[Queue] | None = None


@strawberry.type
class ReplayDeadJobsPayload(Payload):
    """How many were queued anew."""

    replayed: int | None = None
    more: bool | None = strawberry.field(
        default=None, description="It was as many as one call replays: there may be others, call again."
    )


@strawberry.type
class Mutation:
    """The mutations of jobs: staff act on their tenant's, the platform's own staff on everybody's."""

    @strawberry.mutation
    @payload(RetryJobPayload)
    async def retry_job(self, info: Info, input: RetryJobInput) -> RetryJobPayload:
        """Queues a dead letter anew, as if it had never been tried."""
        operator, id = who_acts(info.context), _id(input.id)
        return RetryJobPayload(job=Job.of((await board_of(info.context).retry(operator, [id]))[id]))

    @strawberry.mutation
    @payload(CancelJobPayload)
    async def cancel_job(self, info: Info, input: CancelJobInput) -> CancelJobPayload:
        """Calls a job off: at once when it waits; one that runs is asked to stop."""
        operator, id = who_acts(info.context), _id(input.id)
        return CancelJobPayload(job=Job.of((await board_of(info.context).cancel(operator, [id]))[id]))

    @strawberry.mutation
    @payload(PauseQueuePayload)
    async def pause_queue(self, info: Info, input: PauseQueueInput) -> PauseQueuePayload:
        """Starts nothing more of a queue, for all tenants; what runs goes on. For the platform's own staff."""
        found = await board_of(info.context).pause(who_acts(info.context), input.domain, input.queue)
        return PauseQueuePayload(queues=[Queue.of(queue) for queue in found])

    @strawberry.mutation
    @payload(ResumeQueuePayload)
    async def resume_queue(self, info: Info, input: ResumeQueueInput) -> ResumeQueuePayload:
        """Lets a paused queue go on. For the platform's own staff."""
        found = await board_of(info.context).resume(who_acts(info.context), input.domain, input.queue)
        return ResumeQueuePayload(queues=[Queue.of(queue) for queue in found])

    @strawberry.mutation
    @payload(ReplayDeadJobsPayload)
    async def replay_dead_jobs(self, info: Info, input: ReplayDeadJobsInput) -> ReplayDeadJobsPayload:
        """Queues dead letters anew, the oldest first, at most 1,000 of each domain."""
        operator = who_acts(info.context)
        done = await board_of(info.context).replay(operator, input.filter.wanted())
        return ReplayDeadJobsPayload(replayed=len(done.jobs), more=done.more)


def _id(spelled: str) -> UUID:
    job_id = parse_id(spelled)
    if job_id is None:
        raise UserError("NOT_FOUND", "There is no such job.", ["id"])
    return job_id
