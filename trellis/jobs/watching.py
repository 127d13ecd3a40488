"""`trellis jobs watch`: what goes on in the mesh, as it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from uuid import UUID

import msgspec
from rich.console import Group, RenderableType
from rich.live import Live
from rich.rule import Rule

from shared_models.jobs.board import Board
from shared_models.jobs.models import JobRecord, Operator, Wanted
from shared_models.kernel.job_state import JobState
from trellis.jobs.command import jobs_of
from trellis.jobs.tables import as_json, console, job_table, queue_table

#: Lines of queues at most; the jobs have the rest of the screen.
_QUEUES = 10
_EVERY_SECONDS = 1.0


async def watch_jobs(board: Board, operator: Operator, ids: Sequence[UUID]) -> bool:
    """Shows jobs until all of them have ended; whether all ended well. Raises `UserError` NOT_FOUND."""
    jobs: list[JobRecord] = []
    with Live(console=console(), auto_refresh=False) as live:
        async for jobs in _looks(board, operator, ids):
            live.update(job_table(jobs), refresh=True)
    return _well(jobs)


async def tell_changes(board: Board, operator: Operator, ids: Sequence[UUID], tell: Callable[[str], None]) -> bool:
    """Like `watch_jobs`, and tells each job, and each change of it, as a line of JSON."""
    seen: dict[UUID, JobRecord] = {}
    async for jobs in _looks(board, operator, ids):
        for job in jobs:
            if seen.get(job.id) != job:
                seen[job.id] = job
                tell(as_json(job))
    return _well(list(seen.values()))


async def watch_mesh(board: Board, operator: Operator, wanted: Wanted) -> None:
    """Shows the queues, and the jobs that run and wait, until it is broken off."""
    seen_by = operator if wanted.tenant_id is None else msgspec.structs.replace(operator, tenant_id=wanted.tenant_id)
    screen = console()
    with Live(console=screen, auto_refresh=False, screen=True) as live:
        while True:
            live.update(await _overview(board, seen_by, wanted, screen.height), refresh=True)
            await asyncio.sleep(_EVERY_SECONDS)


def _well(jobs: Sequence[JobRecord]) -> bool:
    return all(job.state is JobState.DONE for job in jobs)


async def _looks(board: Board, operator: Operator, ids: Sequence[UUID]) -> AsyncIterator[list[JobRecord]]:
    while True:
        jobs = await jobs_of(board, operator, ids)
        yield jobs
        if all(job.state.is_terminal for job in jobs):
            return
        await asyncio.sleep(_EVERY_SECONDS)


async def _overview(board: Board, operator: Operator, wanted: Wanted, height: int) -> RenderableType:
    """The busiest queues, and below them the jobs that run, then those that wait, as far as there is room."""
    queues = [queue for queue in await board.queues(operator, wanted.domain) if wanted.queue in (None, queue.name)]
    queues.sort(key=lambda queue: (queue.in_flight, queue.depth, queue.dead), reverse=True)
    shown = queues[:_QUEUES]
    # A job with a bar has two lines; there are two headers and a rule.
    room = max(1, (height - len(shown) - 3) // 2)
    jobs: list[JobRecord] = []
    for state in (JobState.RUNNING, JobState.DISPATCHED, JobState.QUEUED, JobState.BLOCKED):
        if len(jobs) < room:
            of_state = msgspec.structs.replace(wanted, state=state)
            jobs += await board.list_jobs(operator, of_state, None, room - len(jobs))
    return Group(queue_table(shown), Rule(style="bright_black"), job_table(jobs))
