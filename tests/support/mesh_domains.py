"""Two small domains that only tests have: `probe` emits and works, `mirror` listens to it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.batches import add_to_batch
from shared_models.kernel.database import scope_of
from shared_models.kernel.events import Event
from shared_models.kernel.jobs import Concurrency, Job, Keys, Rate, Retry
from shared_models.kernel.mesh import emit
from shared_models.kernel.tenancy import Lane
from workers.mesh.actors import ActorSet, Attempt, Delivery
from workers.mesh.outcomes import Discard, Snooze
from workers.mesh.roster import Roster

DOMAINS = ["probe", "mirror"]


class Poked(Event, frozen=True):
    """Somebody poked."""

    domain: ClassVar[str] = "probe"
    key: str


class Probing(Job, frozen=True):
    """A job of `probe`, whose effects are known by its key."""

    domain: ClassVar[str] = "probe"
    key: str


class Poke(Probing, frozen=True):
    """Leaves one effect, and tells of it."""


class BulkPoke(Poke, frozen=True):
    """The same, when nobody waits."""

    lane: ClassVar[Lane | None] = Lane.BULK


class Misbehave(Probing, frozen=True):
    """Does what `how` says, before its effect, until it has been tried `times` times."""

    max_attempts: ClassVar[int] = 3
    how: str
    times: int = 1


class Outside(Probing, frozen=True):
    """Works outside the database for `seconds`, then leaves its effect."""

    seconds: float = 0.0


class Watch(Probing, frozen=True):
    """Works outside the database until there is a file of the name `key`, then leaves its effect."""


class Member(Probing, frozen=True):
    """Leaves its effect, as one of a batch: first it adds `adds` more to it, then it does what `how` says."""

    max_attempts: ClassVar[int] = 1
    adds: int = 0
    how: str = ""


class Gather(Probing, frozen=True):
    """Leaves how the batch has ended that it awaited as its effect."""


class Linger(Probing, frozen=True):
    """Leaves its effect, then keeps its transaction open for `seconds`."""

    seconds: float = 0.0


class Chime(Probing, frozen=True):
    """Leaves an effect for each tick of the schedule that it is of."""


class Hog(Probing, frozen=True):
    """Takes memory until there is none left."""

    max_attempts: ClassVar[int] = 2


class Block(Probing, frozen=True):
    """Does not return, and lets nothing else in its process go on, until it has been tried `times` times."""

    times: int = 1


class Idle(Job, frozen=True):
    """Takes a moment and leaves nothing."""

    domain: ClassVar[str] = "probe"
    seconds: float = 0.02


class Leave(Probing, frozen=True):
    """Ends its process, each time."""


class Outing(Probing, frozen=True):
    """Works outside the database, or fails with `error` as long as it is tried less than `times` times."""

    max_attempts: ClassVar[int] = 3
    error: str = ""
    times: int = 0


#: The name of the effect that each job leaves.
EFFECT_OF = {
    Poke.name(): "poke",
    BulkPoke.name(): "bulk",
    Misbehave.name(): "misbehave",
    Outside.name(): "outside",
    Watch.name(): "watch",
    Linger.name(): "linger",
    Outing.name(): "outing",
    Hog.name(): "hog",
    Block.name(): "block",
    Leave.name(): "leave",
}


class Keyed(Probing, frozen=True):
    """Works for `seconds` and leaves from when to when as its effect; fails as long as it is tried `times` times."""

    retry: ClassVar[Retry] = Retry(base=0.05)
    ordering: str | None = None
    concurrency: Concurrency | None = None
    rate: Rate | None = None
    seconds: float = 0.0
    times: int = 0

    def keys(self) -> Keys:
        return Keys(ordering=self.ordering, concurrency=self.concurrency, rate=self.rate)


class KeyedElsewhere(Keyed, frozen=True):
    """The same, in another queue."""

    queue: ClassVar[str] = "elsewhere"


probe = ActorSet("probe")
mirror = ActorSet("mirror")


async def leave_effect(session: AsyncSession, actor: str, key: str) -> None:
    """One row per execution: the table has no unique key, so that a second one would show."""
    await session.execute(
        text("INSERT INTO effect (key, tenant_id, actor) VALUES (:key, :tenant, :actor)"),
        {"key": key, "tenant": scope_of(session).tenant_id, "actor": actor},
    )


@probe.performs(Poke)
async def poke(session: AsyncSession, delivery: Delivery[Poke]) -> None:
    await leave_effect(session, "poke", delivery.payload.key)
    await emit(session, Poked(delivery.payload.key))


@probe.performs(BulkPoke)
async def bulk_poke(session: AsyncSession, delivery: Delivery[BulkPoke]) -> None:
    await asyncio.sleep(0.05)
    await leave_effect(session, "bulk", delivery.payload.key)


@probe.performs(Misbehave)
async def misbehave(session: AsyncSession, delivery: Delivery[Misbehave]) -> None:
    await leave_effect(session, "misbehave", delivery.payload.key)
    if delivery.attempt <= delivery.payload.times:
        match delivery.payload.how:
            case "raise":
                raise RuntimeError("as told")
            case "snooze" if not await _was_here(session, delivery):
                raise Snooze(0.05)
            case "discard":
                raise Discard("UNWANTED", "as told")
            case "discard until replayed" if not await _was_replayed(session, delivery):
                raise Discard("UNWANTED", "as told")
            case "exit":
                os._exit(3)
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)


async def _was_here(session: AsyncSession, delivery: Delivery[Misbehave]) -> bool:
    """Whether this job has slept once: its row was created before its run time was moved."""
    row = await session.execute(text("SELECT run_at > created_at FROM job WHERE id = :id"), {"id": delivery.job_id})
    return bool(row.scalar())


async def _was_replayed(session: AsyncSession, delivery: Delivery[Misbehave]) -> bool:
    row = await session.execute(
        text("SELECT intervention IS NOT NULL FROM job WHERE id = :id"), {"id": delivery.job_id}
    )
    return bool(row.scalar())


@probe.performs_external(Outside)
async def outside(attempt: Attempt, delivery: Delivery[Outside]) -> None:
    await asyncio.sleep(delivery.payload.seconds)
    async with attempt.transaction() as session:
        await leave_effect(session, "outside", delivery.payload.key)


@probe.performs_external(Watch)
async def watch(attempt: Attempt, delivery: Delivery[Watch]) -> None:
    while not Path(delivery.payload.key).exists():
        await asyncio.sleep(0.05)
    async with attempt.transaction() as session:
        await leave_effect(session, "watch", delivery.payload.key)


@probe.performs(Member)
async def member(session: AsyncSession, delivery: Delivery[Member]) -> None:
    given = delivery.payload
    if given.adds:
        assert delivery.batch_id
        added = [Member(f"{given.key}.{number}") for number in range(given.adds)]
        await add_to_batch(session, delivery.batch_id, added)
    await leave_effect(session, "member", given.key)
    match given.how:
        case "discard":
            raise Discard("UNWANTED", "as told")
        case "sleep":
            await asyncio.sleep(3600)


@probe.performs(Gather)
async def gather(session: AsyncSession, delivery: Delivery[Gather]) -> None:
    ended = delivery.outcome
    told = ended and f"done={ended.done} dead={ended.dead} cancelled={ended.cancelled}"
    await leave_effect(session, "gather", f"{delivery.payload.key} {told}")


@probe.performs(Chime)
async def chime(session: AsyncSession, delivery: Delivery[Chime]) -> None:
    await leave_effect(session, "chime", chimed(delivery.payload.key, delivery.occurred_at))


def chimed(key: str, tick: datetime) -> str:
    """The key of the effect that a tick leaves."""
    return f"{key} at {tick.astimezone(UTC):%Y-%m-%d %H:%M}"


@probe.performs(Linger)
async def linger(session: AsyncSession, delivery: Delivery[Linger]) -> None:
    await leave_effect(session, "linger", delivery.payload.key)
    await asyncio.sleep(delivery.payload.seconds)


@probe.performs(Hog)
async def hog(session: AsyncSession, delivery: Delivery[Hog]) -> None:
    await leave_effect(session, "hog", delivery.payload.key)
    # Pages that are never touched: only the process' own limit is reached, not the machine's.
    _ = [bytes(1 << 28) for _ in range(64)]


@probe.performs(Idle)
async def idle(session: AsyncSession, delivery: Delivery[Idle]) -> None:
    await asyncio.sleep(delivery.payload.seconds)


@probe.performs(Leave)
async def leave(session: AsyncSession, delivery: Delivery[Leave]) -> None:
    await leave_effect(session, "leave", delivery.payload.key)
    os._exit(3)


@probe.performs(Block)
async def block(session: AsyncSession, delivery: Delivery[Block]) -> None:
    await leave_effect(session, "block", delivery.payload.key)
    if delivery.attempt <= delivery.payload.times:
        time.sleep(3600)


@probe.performs_external(Outing, together=10)
async def outing(attempt: Attempt, delivery: Delivery[Outing]) -> None:
    # By itself, whatever becomes of the job: what is outside the database is not rolled back.
    async with attempt.reading() as session:
        await leave_effect(session, "outing", delivery.payload.key)
    if delivery.payload.error and delivery.attempt <= delivery.payload.times:
        raise RuntimeError(delivery.payload.error)


@probe.performs_external(Keyed)
async def keyed(attempt: Attempt, delivery: Delivery[Keyed]) -> None:
    given = delivery.payload
    async with attempt.reading() as session:
        began = await _clock(session)
    await asyncio.sleep(given.seconds)
    async with attempt.reading() as session:
        await leave_effect(session, "keyed", f"{given.key} {began} {await _clock(session)}")
    if delivery.attempt <= given.times:
        raise RuntimeError("as told")


async def _clock(session: AsyncSession) -> float:
    return float((await session.execute(text("SELECT EXTRACT(EPOCH FROM clock_timestamp())"))).scalar_one())


@mirror.on(Poked)
async def reflect(session: AsyncSession, delivery: Delivery[Poked]) -> None:
    await leave_effect(session, "reflect", delivery.payload.key)


@mirror.on_batched(Poked, size=20)
async def collect(session: AsyncSession, deliveries: Sequence[Delivery[Event]]) -> None:
    for delivery in deliveries:
        assert isinstance(delivery.payload, Poked)
        if delivery.payload.key.startswith("poison") and len(deliveries) > 1:
            raise RuntimeError("one of us is poisoned")
        await leave_effect(session, "collect", delivery.payload.key)


ROSTER = Roster([probe, mirror])
