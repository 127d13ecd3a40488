"""What the `trellis jobs` commands stand on: the board, who acts at it, and which jobs they mean."""

from __future__ import annotations

import asyncio
import getpass
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import msgspec

import observability
from shared_models.jobs.board import Board
from shared_models.jobs.models import JobRecord, Operator, Wanted
from shared_models.kernel.errors import UserError
from shared_models.kernel.ids import parse_id
from shared_models.kernel.job_state import JobState
from shared_models.kernel.redis import connect
from shared_models.kernel.settings import KernelSettings
from trellis.database_errors import database_must_answer
from trellis.domains import DOMAINS
from trellis.errors import OperatorError
from trellis.home import adopt_environment
from trellis.tenants import tenant_id_of

T = TypeVar("T")

_AGO = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class JobsRefusedError(OperatorError):
    """The jobs are not there, or not in a state in which that can be done to them."""

    code = "JOBS_REFUSED"

    def __init__(self, refused: UserError) -> None:
        super().__init__(refused.message)
        self._refused = refused

    def __str__(self) -> str:
        return f"{self._refused.code}: {self._refused.message}"


class BadMomentError(OperatorError):
    """What was given as a time is none."""

    code = "BAD_TIME"


def at_the_board(home: Path, do: Callable[[Board, Operator], Awaitable[T]]) -> T:
    """What comes of `do` at the board of the platform in `home`, or of that which the environment names."""

    async def done() -> T:
        async with _board() as (board, operator):
            return await do(board, operator)

    adopt_environment(home)
    with database_must_answer():
        return asyncio.run(done())


def intervene(home: Path, what: str, do: Callable[[Board, Operator], Awaitable[T]]) -> T:
    """Like `at_the_board`, in a trace of its own, so that the log's lines of who did what go where logs go."""
    adopt_environment(home)
    observability.setup("terminal")
    try:
        with observability.tracer("trellis.jobs").start_as_current_span(f"trellis jobs {what}"):
            return at_the_board(home, do)
    finally:
        observability.shutdown()


@asynccontextmanager
async def _board() -> AsyncIterator[tuple[Board, Operator]]:
    """The board of the platform that the environment names, and whoever sits at the terminal.

    Raises `JobsRefusedError` for what the board refuses.
    """
    settings = KernelSettings()
    redis = connect(settings.redis_url)
    board = Board(settings, DOMAINS, redis)
    try:
        yield board, Operator(None, None, f"{_user()} at the terminal")
    except UserError as refused:
        raise JobsRefusedError(refused) from None
    finally:
        await board.close()
        await redis.aclose()


def _user() -> str:
    """The user's name, or number where the machine has no name for it, as in containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


async def within_tenant(wanted: Wanted, tenant: str | None) -> Wanted:
    """The same jobs, of the tenant of that name or id alone. Raises `UnknownTenantError`."""
    if tenant is None:
        return wanted
    tenant_id = parse_id(tenant) or await tenant_id_of(KernelSettings(), tenant)
    return msgspec.structs.replace(wanted, tenant_id=tenant_id)


async def replay_all(board: Board, operator: Operator, wanted: Wanted) -> int:
    """Replays the dead letters among what is wanted, a step after the other, until none is left; how many."""
    # Of those that die again meanwhile, none is replayed again: it would go on for ever.
    dead = msgspec.structs.replace(wanted, state=JobState.DEAD)
    left = await board.count(operator, dead)
    replayed = 0
    while replayed < left:
        step = await board.replay(operator, wanted)
        replayed += len(step.jobs)
        if not step.more:
            break
    return replayed


async def jobs_of(board: Board, operator: Operator, ids: Sequence[UUID]) -> list[JobRecord]:
    """Jobs by id, in that order. Raises `UserError` NOT_FOUND for the first that does not exist."""
    found = await board.find(operator, ids)
    for id in ids:
        if id not in found:
            raise UserError("NOT_FOUND", f"There is no job {id}.", ["id"], job_id=id)
    return [found[id] for id in ids]


def ids_of(spelled: Sequence[str]) -> list[UUID]:
    """The ids that were spelled, each once. Raises `JobsRefusedError` for what is none."""
    ids = []
    for one in spelled:
        if (id := parse_id(one)) is None:
            raise JobsRefusedError(UserError("NOT_FOUND", f"There is no job {one!r}: that is no id."))
        ids.append(id)
    return list(dict.fromkeys(ids))


def moment_of(spelled: str | None) -> datetime | None:
    """`15m`, `2h` and `1d` ago, or a time of ISO 8601, in UTC where it names no zone. Raises `BadMomentError`."""
    if spelled is None:
        return None
    try:
        if ago := _AGO.fullmatch(spelled):
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        moment = datetime.fromisoformat(spelled)
    except (ValueError, OverflowError):
        raise BadMomentError(f"{spelled!r} is no time: say 15m, 2h, 1d, or 2026-11-20T12:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
