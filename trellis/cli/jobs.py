"""`trellis jobs`: look at the mesh and intervene, with the platform's own rights. Every intervention is logged."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared_models.kernel.job_state import JobState
from trellis.cli.job_filters import DomainName, Filters, takes_filters
from trellis.cli.names import known_domain
from trellis.cli.options import HOME, Home
from trellis.errors import OperatorError

if TYPE_CHECKING:
    from shared_models.jobs.board import Board
    from shared_models.jobs.models import JobRecord, Operator

_LONGEST_LIST = 1000

#: The exit status by which a shell knows Ctrl-C, so that what was to follow the jobs' end is not begun.
_INTERRUPTED = 130


class Form(StrEnum):
    """How jobs are printed."""

    TABLE = "table"
    JSON = "json"


class NotConfirmedError(OperatorError):
    """Many jobs are concerned, and nobody said yes."""

    code = "NOT_CONFIRMED"


Ids = Annotated[list[str], typer.Argument(help="Ids of jobs.", metavar="ID...")]
Printed = Annotated[Form, typer.Option("--format", help="A table for people, JSON lines for programs.")]


def register(application: typer.Typer) -> None:
    """Adds the commands of this module."""
    group = typer.Typer(help="Look at jobs and queues, and intervene.", no_args_is_help=True)
    group.command("list")(list_jobs)
    for command in (show, retry, replay, cancel, pause, resume, queues, watch):
        group.command()(command)
    application.add_typer(group, name="jobs")


@takes_filters
def list_jobs(
    filters: Filters,
    state: Annotated[JobState | None, typer.Option(help="In this state.")] = None,
    since: Annotated[str | None, typer.Option(help="Created since: 15m, 2h, 1d, or a time.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=_LONGEST_LIST, help="As many at most.")] = 20,
    form: Printed = Form.TABLE,
    home: Home = HOME,
) -> None:
    """List jobs, newest first."""
    from trellis.jobs.command import at_the_board, moment_of, within_tenant

    wanted = filters.wanted(state=state, since=moment_of(since))

    async def look(board: Board, operator: Operator) -> list[JobRecord]:
        return await board.list_jobs(operator, await within_tenant(wanted, filters.tenant), None, limit)

    _print_jobs(at_the_board(home, look), form)


def show(
    id: Annotated[str, typer.Argument(help="Id of a job.")], form: Printed = Form.TABLE, home: Home = HOME
) -> None:
    """Show all that is known of a job, what it was given too, without what is secret or personal."""
    from trellis.jobs.command import at_the_board, ids_of, jobs_of
    from trellis.jobs.tables import as_json, console, job_sheet

    ids = ids_of([id])

    async def look(board: Board, operator: Operator) -> tuple[JobRecord, Any]:
        (job,) = await jobs_of(board, operator, ids)
        return job, (await board.arguments(operator, ids)).get(job.id)

    job, arguments = at_the_board(home, look)
    if form is Form.JSON:
        print(as_json(job, arguments=arguments))
    else:
        console().print(job_sheet(job, arguments))


def retry(ids: Ids, form: Printed = Form.TABLE, home: Home = HOME) -> None:
    """Try dead letters again, all that are named; none where one is no dead letter."""
    from trellis.jobs.command import ids_of, intervene

    named = ids_of(ids)
    jobs = intervene(home, "retry", lambda board, operator: board.retry(operator, named))
    _print_jobs([jobs[id] for id in named], form)


@takes_filters
def replay(
    filters: Filters,
    error: Annotated[str | None, typer.Option(help="That died of this code.")] = None,
    since: Annotated[str | None, typer.Option(help="That died since: 15m, 2h, 1d, or a time.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: Home = HOME,
) -> None:
    """Try all dead letters again of which all holds that is said."""
    from trellis.jobs.command import intervene, moment_of, replay_all, within_tenant

    wanted = filters.wanted(state=JobState.DEAD, error_code=error, ended_since=moment_of(since))

    async def act(board: Board, operator: Operator) -> int:
        sifted = await within_tenant(wanted, filters.tenant)
        count = await board.count(operator, sifted)
        if count and not yes:
            _confirm(f"Replay {count} dead letters?")
        return await replay_all(board, operator, sifted)

    print(f"{intervene(home, 'replay', act)} replayed")


def cancel(ids: Ids, form: Printed = Form.TABLE, home: Home = HOME) -> None:
    """Call jobs off, all that are named, none where one has ended; those that run are asked to stop."""
    from trellis.jobs.command import ids_of, intervene

    named = ids_of(ids)
    jobs = intervene(home, "cancel", lambda board, operator: board.cancel(operator, named))
    _print_jobs([jobs[id] for id in named], form)


def pause(
    domain: Annotated[str, typer.Argument(help="A domain.")],
    queue: Annotated[str, typer.Argument(help="One of its queues.")],
    home: Home = HOME,
) -> None:
    """Start nothing more of a queue, for all tenants; what runs goes on."""
    from trellis.jobs.command import intervene

    known_domain(domain)
    intervene(home, "pause", lambda board, operator: board.pause(operator, domain, queue))
    print(f"{domain} {queue}: paused")


def resume(
    domain: Annotated[str, typer.Argument(help="A domain.")],
    queue: Annotated[str, typer.Argument(help="One of its queues.")],
    home: Home = HOME,
) -> None:
    """Let a paused queue go on."""
    from trellis.jobs.command import intervene

    known_domain(domain)
    intervene(home, "resume", lambda board, operator: board.resume(operator, domain, queue))
    print(f"{domain} {queue}: resumed")


def queues(domain: DomainName = None, form: Printed = Form.TABLE, home: Home = HOME) -> None:
    """List the queues that have jobs or are paused: depth, age, throughput, failures."""
    from trellis.jobs.command import at_the_board
    from trellis.jobs.tables import as_json, console, queue_table

    if domain is not None:
        known_domain(domain)
    found = at_the_board(home, lambda board, operator: board.queues(operator, domain))
    if form is Form.JSON:
        for queue in found:
            print(as_json(queue))
    else:
        console().print(queue_table(found))


@takes_filters
def watch(
    filters: Filters,
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of jobs; all that goes on by default.")] = None,
    form: Printed = Form.TABLE,
    home: Home = HOME,
) -> None:
    """Watch the mesh until Ctrl-C, or jobs until they have ended: then exits with 1 where one did not end well."""
    from trellis.jobs.command import at_the_board, ids_of, within_tenant
    from trellis.jobs.watching import tell_changes, watch_jobs, watch_mesh

    named, wanted = ids_of(ids or []), filters.wanted()
    if named and filters != Filters():
        raise typer.BadParameter("jobs that are named are not filtered", param_hint="ID...")
    if form is Form.JSON and not named:
        raise typer.BadParameter("JSON needs the ids of jobs to watch", param_hint="--format")

    async def look(board: Board, operator: Operator) -> bool:
        if named and form is Form.JSON:
            return await tell_changes(board, operator, named, partial(print, flush=True))
        if named:
            return await watch_jobs(board, operator, named)
        await watch_mesh(board, operator, await within_tenant(wanted, filters.tenant))
        return True

    try:
        well = at_the_board(home, look)
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED if named else 0) from None
    raise typer.Exit(0 if well else 1)


def _confirm(question: str) -> None:
    if not sys.stdin.isatty():
        raise NotConfirmedError(f"{question} Nobody is here to ask: say --yes")
    if not typer.confirm(question):
        raise NotConfirmedError("nothing was done")


def _print_jobs(jobs: Sequence[JobRecord], form: Form) -> None:
    from trellis.jobs.tables import as_json, console, job_table

    if form is Form.JSON:
        for job in jobs:
            print(as_json(job))
    else:
        console().print(job_table(jobs))
