"""The checker of the fault tests: what was promised, written down in the test's own memory, against what became of it.

Every commit that was acknowledged is in the ledger, outside the database under test; so is what was rolled back, and
what nobody knows (the connection broke while the commit was under way). When all has come to rest:

- a job whose commit was acknowledged has ended, in `job` or in `job_history`;
- one that is done has had its effect once, and each subscriber of its event has once had its own;
- one that is dead or cancelled has had none, and neither has what was rolled back;
- one of which nobody knows is one of these, or is not there at all;
- each tick of a schedule has had its effect once; one that it may have made, at most once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.database import TransactionAborted, database_name
from shared_models.kernel.jobs import Job
from shared_models.kernel.mesh import enqueue_all
from shared_models.kernel.settings import KernelSettings
from tests.support.mesh import Mesh
from tests.support.mesh_domains import DOMAINS, EFFECT_OF, chimed

#: What the effect of this actor is followed by: an event, and its effects in the other domain.
_TELLS = "poke"
_REACTIONS = ("reflect", "collect")

#: The actor of ticks.
_CHIME = "chime"

_ENDED = "('done', 'dead', 'cancelled')"
_UNENDED = f"SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM job WHERE state NOT IN {_ENDED}) AS number"
_JOBS = "SELECT id, name, state, payload ->> 'key' AS key, error FROM {table}"
_EFFECTS = "SELECT actor, key, count(*) AS number FROM effect GROUP BY actor, key"
_CHIMES = f"SELECT key FROM effect WHERE actor = '{_CHIME}'"


#: What a transaction raises whose connection breaks.
BROKEN = (SQLAlchemyError, psycopg.Error, TransactionAborted, OSError)


class Account(msgspec.Struct):
    """The reckoning."""

    committed: int = 0
    terminal: int = 0
    effects: int = 0
    doubled: int = 0
    lost: int = 0
    #: What is wrong, in words; what is counted above as doubled or lost is among it.
    problems: list[str] = []

    def __str__(self) -> str:
        return (
            f"committed={self.committed} terminal={self.terminal} effects={self.effects} "
            f"doubled={self.doubled} lost={self.lost}"
        )

    def lose(self, what: str) -> None:
        """Something that was promised has not come about."""
        self.lost += 1
        self.problems.append(what)

    def double(self, what: str) -> None:
        """Something has happened that must not have, or not again."""
        self.doubled += 1
        self.problems.append(what)


class Ledger:
    """Commits jobs and remembers each. `key`s are those of the test, and must differ."""

    def __init__(self, mesh: Mesh) -> None:
        self._mesh = mesh
        self.committed: dict[UUID, Job] = {}
        self.rolled_back: dict[UUID, Job] = {}
        self.unknown: dict[UUID, Job] = {}
        self._ticks: list[str] = []
        self._possible: set[str] = set()

    def expect_ticks(self, schedule: str, ticks: Iterable[datetime]) -> None:
        """Takes down that the relays owe these ticks of a schedule, a `Chime` each."""
        self._ticks += [chimed(schedule, tick) for tick in ticks]

    def allow_ticks(self, schedule: str, ticks: Iterable[datetime]) -> None:
        """Takes down that the relays may make these ticks; nobody knows."""
        self._possible.update(chimed(schedule, tick) for tick in ticks)

    def allow_jobs(self, jobs: Iterable[Job]) -> None:
        """Takes down that these may be enqueued by a job, which alone knows. They are reckoned with by whoever asks."""
        self._possible.update(job.key for job in jobs)  # type: ignore[attr-defined]

    async def commit(self, *jobs: Job) -> list[UUID]:
        """Commits jobs in one transaction; whether that was acknowledged is remembered. Returns their ids."""
        entries = {uuid4(): job for job in jobs}

        async def enqueue(session: AsyncSession) -> Mapping[UUID, Job]:
            await enqueue_all(session, [(job, id) for id, job in entries.items()])
            return entries

        await self.commit_by(enqueue)
        return list(entries)

    async def commit_by(self, enqueue: Callable[[AsyncSession], Awaitable[Mapping[UUID, Job]]]) -> bool:
        """Commits what a function enqueues, which tells what is new; whether that was acknowledged."""
        with contextlib.suppress(*BROKEN):
            async with self._mesh.transaction() as session:
                entries = await enqueue(session)
                self.unknown |= entries
            for id in entries:
                self.committed[id] = self.unknown.pop(id)
            return True
        return False

    async def roll_back(self, *jobs: Job) -> None:
        """Enqueues jobs in a transaction that then fails."""
        entries = {uuid4(): job for job in jobs}
        self.rolled_back |= entries
        with contextlib.suppress(_ChangedItsMind, *BROKEN):
            async with self._mesh.transaction() as session:
                await enqueue_all(session, [(job, id) for id, job in entries.items()])
                raise _ChangedItsMind

    async def settled(self, seconds: float = 180.0) -> Account:
        """Waits until all is at rest, or as long as it may take; then reckons."""
        try:
            async with asyncio.timeout(seconds):
                while await self._unended():
                    await asyncio.sleep(0.15)
        except TimeoutError:
            pass  # what has not ended is in the reckoning
        return await self.reckoned()

    async def reckoned(self) -> Account:
        """The reckoning as things stand."""
        jobs: dict[UUID, Any] = {}
        effects: Counter[tuple[str, str]] = Counter()
        for domain in DOMAINS:
            for table in ("job", "job_history"):
                for row in await rows(self._mesh.settings, domain, _JOBS.format(table=table)):
                    jobs[row.id] = row
            for row in await rows(self._mesh.settings, domain, _EFFECTS):
                effects[row.actor, row.key] += row.number
        account = Account(len(self.committed), effects=effects.total(), problems=[])
        for id, job in (self.committed | self.unknown).items():
            row = jobs.get(id)
            if row is not None:
                self._reckon(account, row, effects)
            elif id in self.committed:
                account.lose(f"{_told(job)} was committed and is not there")
        for id, job in self.rolled_back.items():
            if id in jobs:
                account.double(f"{_told(job)} was rolled back and is there")
        self._reckon_ticks(account, effects)
        self._reckon_reactions(account, jobs.values(), effects)
        self._reckon_strangers(account, effects)
        return account

    def _reckon(self, account: Account, row: Any, effects: Counter[tuple[str, str]]) -> None:
        had, what = effects[EFFECT_OF[row.name], row.key], f"{row.name} {row.key} is {row.state}"
        if row.state not in ("done", "dead", "cancelled"):
            account.lose(what)
            return
        if row.id in self.committed:
            account.terminal += 1
        expected = 1 if row.state == "done" else 0
        if had > expected:
            account.double(f"{what} and has had {had} effects")
        elif had < expected:
            account.lose(f"{what} and has had no effect")

    def _reckon_ticks(self, account: Account, effects: Counter[tuple[str, str]]) -> None:
        for tick in self._possible.union(self._ticks):
            had = effects[_CHIME, tick]
            if had > 1:
                account.double(f"{tick} has had {had} effects")
        for tick in set(self._ticks):
            if not effects[_CHIME, tick]:
                account.lose(f"{tick} has had no effect")

    def _reckon_reactions(self, account: Account, jobs: Any, effects: Counter[tuple[str, str]]) -> None:
        """Each event that was emitted has had each of its effects, but where the subscriber's job has failed."""
        failed = {(row.name.rpartition(".")[2], row.key) for row in jobs if row.state in ("dead", "cancelled")}
        for key in [key for actor, key in effects if actor == _TELLS]:
            for actor in _REACTIONS:
                had = effects[actor, key]
                if had > 1:
                    account.double(f"{actor} {key} has had {had} effects")
                elif not had and (actor, key) not in failed:
                    account.lose(f"{actor} {key} has had no effect")

    def _reckon_strangers(self, account: Account, effects: Counter[tuple[str, str]]) -> None:
        known = {job.key for job in (self.committed | self.unknown).values()}  # type: ignore[attr-defined]
        known.update(self._ticks, self._possible)
        for actor, key in effects:
            if key not in known:
                account.double(f"{actor} {key} has had an effect and was not committed")

    async def _unended(self) -> bool:
        try:
            for domain in DOMAINS:
                (row,) = await rows(self._mesh.settings, domain, _UNENDED)
                if row.number:
                    return True
            chimes = await rows(self._mesh.settings, "probe", _CHIMES)
            return bool(set(self._ticks) - {row.key for row in chimes})
        except psycopg.OperationalError:
            return True  # the server is away


class _ChangedItsMind(Exception):
    """Fails a transaction."""


def _told(job: Job) -> str:
    return f"{job.name()} {job.key}"  # type: ignore[attr-defined]


async def rows(settings: KernelSettings, domain: str, statement: str) -> list[Any]:
    """What a statement finds in a domain's database, of every tenant."""
    url = make_url(settings.database_url).set(drivername="postgresql", database=database_name(domain))
    address = url.render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(address, row_factory=namedtuple_row) as connection:
        return await (await connection.execute(statement.encode())).fetchall()
