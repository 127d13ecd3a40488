"""Writes down how far jobs are, while they run: beside their own transactions, so that others see it at once.

What is told within a moment is written by one statement, and of each job only the latest. It is news and no record:
what a broken connection loses is told again, and what comes after an attempt has ended is nobody's.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence
from uuid import UUID

import msgspec
import structlog

from workers.mesh.connection import MeshConnection

log = structlog.get_logger()

#: Seconds between two statements.
EVERY_SECONDS = 0.25

#: What a note may have, in characters; what a number may be, since GraphQL's `Int` is no wider.
LONGEST_NOTE, LARGEST_NUMBER = 200, 2**31 - 1

# By the token alone, as in `leases`: what is told under it runs. A row that is locked is that of a job whose end is
# about to be committed: what it tells matters no more.
_WRITE = """
WITH news AS MATERIALIZED (
    SELECT job.id, jsonb_strip_nulls(jsonb_build_object('done', done, 'total', total, 'note', note)) AS progress
    FROM jsonb_to_recordset(%(told)s::jsonb) AS told (job uuid, lease uuid, done integer, total integer, note text)
    JOIN job ON job.id = told.job AND job.lease_token = told.lease
    FOR UPDATE OF job SKIP LOCKED
)
UPDATE job SET progress = news.progress FROM news WHERE job.id = news.id RETURNING job.id, job.tenant_id
"""


class ProgressTold(msgspec.Struct, frozen=True):
    """How far a job is that runs under a lease, within the bounds of what is kept."""

    job: UUID
    lease: UUID
    done: int
    total: int | None
    note: str | None


class ProgressBook:
    """The progress of one domain's jobs in one worker process, over its connection for marks.

    Told from any thread, and written on the event loop that it was made on.
    """

    def __init__(self, register: MeshConnection, written: Callable[[UUID | None, Sequence[UUID]], None]) -> None:
        """`written` is called with a tenant's jobs whose progress others can see now."""
        self._register = register
        self._written = written
        self._told: dict[UUID, ProgressTold] = {}
        self._lock = threading.Lock()
        self._writing: asyncio.Task[None] | None = None
        self._asked = False

    def teller(self, job: UUID, lease: UUID) -> Callable[[int, int | None, str | None], None]:
        """What an attempt tells its progress by. Called on the event loop; what it returns, anywhere."""
        loop = asyncio.get_running_loop()

        def tell(done: int, total: int | None, note: str | None) -> None:
            told = ProgressTold(job, lease, _bounded(done), None if total is None else _bounded(total), _short(note))
            with self._lock:
                self._told[job] = told
                asked, self._asked = self._asked, True
            if not asked:
                loop.call_soon_threadsafe(self._begin)

        return tell

    async def close(self) -> None:
        """Writes nothing more: no job runs."""
        if self._writing:
            self._writing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writing

    def _begin(self) -> None:
        self._writing = asyncio.create_task(self._write(), name="progress")

    async def _write(self) -> None:
        while told := self._take():
            try:
                rows = await self._register.rows(_WRITE, {"told": msgspec.json.encode(told).decode()})
            except Exception as error:  # whatever it was: the jobs go on, and tell more
                log.warning("job.progress_not_written", domain=self._register.domain, error=repr(error)[:500])
            else:
                for row in rows:
                    self._written(row.tenant_id, [row.id])
            await asyncio.sleep(EVERY_SECONDS)

    def _take(self) -> list[ProgressTold]:
        """All that was told meanwhile; nothing, and whoever tells more has to begin anew."""
        with self._lock:
            told, self._told = list(self._told.values()), {}
            self._asked = bool(told)
        return told


def _bounded(number: int) -> int:
    return max(0, min(int(number), LARGEST_NUMBER))


def _short(note: str | None) -> str | None:
    """A note as the database takes it: no more than so long, and without what is no text to it."""
    if note is None:
        return None
    return note[:LONGEST_NOTE].replace("\x00", "").encode("utf-8", "replace").decode()
