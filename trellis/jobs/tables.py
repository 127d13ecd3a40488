"""Jobs and queues as tables for people, and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from rich.console import Console, Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from shared_models.jobs.models import JobRecord, QueueRecord
from shared_models.kernel.job_state import JobState

_COLOURS = {
    JobState.BLOCKED: "bright_black",
    JobState.QUEUED: "yellow",
    JobState.DISPATCHED: "cyan",
    JobState.RUNNING: "blue",
    JobState.DONE: "green",
    JobState.DEAD: "red",
    JobState.CANCELLED: "magenta",
}
#: Where nobody looks, nothing is cut off: a program may read it.
_WIDE = 240


def console() -> Console:
    """What is printed on: as wide as the terminal, wide enough for every column where there is none."""
    shown = Console(highlight=False)
    return shown if shown.is_terminal else Console(highlight=False, width=_WIDE)


def as_json(record: JobRecord | QueueRecord, **more: Any) -> str:
    """One line; `more` is said of it as well."""
    said: dict[str, Any] = msgspec.to_builtins(record) | more
    said["lane"] = None if record.lane is None else record.lane.name.lower()
    if isinstance(record, QueueRecord):
        said["failure_rate"] = record.failure_rate
    return json.dumps(said)


def job_table(jobs: Sequence[JobRecord], *, now: datetime | None = None) -> Table:
    """Jobs, one a line."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("id", "state", "job", "queue", "lane", "try", "created"):
        table.add_column(column, no_wrap=column in ("id", "state", "try", "created"))
    table.add_column("progress")
    table.add_column("error", overflow="ellipsis", no_wrap=True)
    now = now or datetime.now(UTC)
    for job in jobs:
        table.add_row(
            str(job.id),
            _state(job),
            _plain(job.name),
            _plain(job.queue),
            job.lane.name.lower(),
            f"{job.attempt}/{job.max_attempts}",
            f"{_span(now - job.created_at)} ago",
            _progress(job),
            _error(job),
        )
    return table


def queue_table(queues: Sequence[QueueRecord]) -> Table:
    """Queues, one lane a line."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("domain", "queue", "lane"):
        table.add_column(column)
    for column in ("waiting", "in flight", "dead", "oldest", "ended/min", "died"):
        table.add_column(column, justify="right")
    table.add_column("")
    for queue in queues:
        table.add_row(
            queue.domain,
            _plain(queue.name),
            queue.lane.name.lower() if queue.lane is not None else "",
            str(queue.depth),
            str(queue.in_flight),
            Text(str(queue.dead), style="red" if queue.dead else ""),
            "" if queue.age is None else _span(timedelta(seconds=queue.age)),
            str(queue.finished),
            "" if queue.failure_rate is None else f"{queue.failure_rate:.0%}",
            Text("paused", style="yellow") if queue.paused else "",
        )
    return table


def job_sheet(job: JobRecord, arguments: Any) -> Table:
    """All that is known of one job, a line each, and what it was given."""
    sheet = Table(box=None, show_header=False, pad_edge=False)
    sheet.add_column(style="bold")
    sheet.add_column(overflow="fold")
    for name, value in msgspec.structs.asdict(job).items():
        match name:
            case "state":
                sheet.add_row(name, _state(job))
            case "progress":
                sheet.add_row(name, _progress(job))
            case "lane":
                sheet.add_row(name, job.lane.name.lower())
            case "error":
                sheet.add_row(name, _error(job))
            case _:
                sheet.add_row(name, _plain("" if value is None else str(value)))
    sheet.add_row("arguments", _plain(json.dumps(arguments, indent=2, ensure_ascii=False)))
    return sheet


def _plain(said: str) -> Text:
    r"""As it is, and nothing that a terminal would obey: what failed may quote anybody.

    >>> _plain("[red]\x1b[2J\n").plain == "[red]\ufffd[2J\n"
    True
    """
    return Text("".join(letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in said))


def _error(job: JobRecord) -> Text:
    return _plain(f"{job.error.code}: {job.error.message}" if job.error else "")


def _state(job: JobRecord) -> Text:
    stopping = job.state is JobState.RUNNING and job.cancel_requested_at is not None
    return Text(f"{job.state} (stopping)" if stopping else str(job.state), style=_COLOURS[job.state])


def _progress(job: JobRecord) -> RenderableType:
    progress = job.progress
    if progress is None:
        return ""
    said = f"{progress.done}/{progress.total}" if progress.total else str(progress.done)
    line = _plain(f"{said} {progress.note or ''}".rstrip())
    if not progress.total:
        return line
    return Group(line, ProgressBar(total=progress.total, completed=progress.done, width=24))


def _span(span: timedelta) -> str:
    """
    >>> _span(timedelta(seconds=59)), _span(timedelta(minutes=3)), _span(timedelta(hours=30)), _span(timedelta(days=9))
    ('59s', '3m', '30h', '9d')
    """
    seconds = max(0, int(span.total_seconds()))
    for unit, length, most in (("s", 1, 120), ("m", 60, 120 * 60), ("h", 3600, 48 * 3600)):
        if seconds < most:
            return f"{seconds // length}{unit}"
    return f"{seconds // 86_400}d"
