"""How far a job is: seen by others while it runs, and no more than what they can bear."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, LiteralString
from uuid import UUID

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.database import RELAY_ROLE, database_url
from shared_models.kernel.ids import new_id
from shared_models.kernel.job_changes import CHANNEL
from tests.support.attempts import Attempts, attempts_of, inside, outside
from tests.support.mesh import Mesh
from tests.support.mesh_domains import Outside, Poke
from workers.mesh.actors import Attempt, Delivery
from workers.mesh.connection import MeshConnection, Values
from workers.mesh.outcomes import Discard, Snooze
from workers.mesh.progress import LARGEST_NUMBER, LONGEST_NOTE, ProgressBook

_KEPT = "SELECT lease_until > now() AS kept FROM job WHERE id = %(id)s"


@pytest.fixture
async def attempts(mesh: Mesh) -> AsyncIterator[Attempts]:
    async with attempts_of(mesh) as attempts:
        yield attempts


async def seen(attempts: Attempts, id: UUID, done: int) -> dict[str, Any]:
    """The progress of a job, once others see that it has come so far."""
    async with asyncio.timeout(30):
        while True:
            row = await attempts.row(id)
            if (row["progress"] or {}).get("done") == done:
                return dict(row["progress"])
            await asyncio.sleep(0.02)


async def test_others_see_it_while_the_job_is_in_its_transaction(mesh: Mesh, attempts: Attempts) -> None:
    (id,) = await mesh.enqueue(Poke("k"))
    during = []

    async def stride(_: AsyncSession, delivery: Delivery[Poke]) -> None:
        for done in (0, 3):
            delivery.tell_progress(done, 10, "sheets")
            during.append(await seen(attempts, id, done))

    await attempts.run(inside(Poke, stride), id)
    assert during == [{"done": done, "total": 10, "note": "sheets"} for done in (0, 3)]


async def test_it_is_pushed_to_those_who_watch(mesh: Mesh, attempts: Attempts) -> None:
    (id,) = await mesh.enqueue(Outside("k"))
    async with mesh.redis.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe(CHANNEL)

        async def stride(_: Attempt, delivery: Delivery[Outside]) -> None:
            for done in range(1, 4):
                delivery.tell_progress(done)
                async with asyncio.timeout(30):
                    # Told after it was written: whoever hears of it and looks, sees it.
                    while (await attempts.row(id))["progress"] != {"done": done}:
                        message = await pubsub.get_message(timeout=5)
                        while message is None or str(id) not in message["data"].decode():
                            message = await pubsub.get_message(timeout=5)

        await attempts.run(outside(Outside, stride), id)
    assert (await attempts.row(id))["state"] == "done"


class Listening(MeshConnection):
    """A connection that remembers what it was given."""

    given: list[Any]

    async def rows(self, statement: LiteralString, values: Values = None) -> list[Any]:
        assert isinstance(values, dict)
        self.given += [[(told["job"], told["done"]) for told in msgspec.json.decode(values["told"])]]
        return await super().rows(statement, values)


async def test_what_is_told_often_is_written_seldom_and_the_latest_of_it(mesh: Mesh) -> None:
    register = Listening("probe", database_url(mesh.settings, "probe", role=RELAY_ROLE))
    register.given = []
    book = ProgressBook(register, lambda tenant, jobs: None)
    jobs = [new_id() for _ in range(3)]
    tellers = [book.teller(job, new_id()) for job in jobs]
    for done in range(1000):
        for tell in tellers:
            tell(done, None, None)
    async with asyncio.timeout(30):
        while not register.given:
            await asyncio.sleep(0.01)
    await book.close()
    await register.close()
    assert register.given == [[(str(job), 999) for job in jobs]]


async def test_it_may_be_told_from_another_thread(mesh: Mesh, attempts: Attempts) -> None:
    (id,) = await mesh.enqueue(Outside("k"))

    async def stride(_: Attempt, delivery: Delivery[Outside]) -> None:
        def blocking() -> None:
            for done in range(1000):
                delivery.tell_progress(done)

        await asyncio.to_thread(blocking)
        await seen(attempts, id, 999)

    await attempts.run(outside(Outside, stride), id)
    assert (await attempts.row(id))["state"] == "done"


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ((-1, -5, None), {"done": 0, "total": 0}),
        ((10**30, 10**40, ""), {"done": LARGEST_NUMBER, "total": LARGEST_NUMBER, "note": ""}),
        ((1, None, "n" * 5000), {"done": 1, "note": "n" * LONGEST_NOTE}),
        ((1, None, "a\x00b\ud800"), {"done": 1, "note": "ab?"}),
    ],
    ids=["negative", "huge", "long", "no text"],
)
async def test_what_is_out_of_bounds_is_kept_within(
    mesh: Mesh, attempts: Attempts, told: tuple[int, int | None, str | None], kept: dict[str, Any]
) -> None:
    (id,) = await mesh.enqueue(Outside("k"))
    during = []

    async def stride(_: Attempt, delivery: Delivery[Outside]) -> None:
        delivery.tell_progress(*told)
        during.append(await seen(attempts, id, kept["done"]))

    await attempts.run(outside(Outside, stride), id)
    assert during == [kept]


async def test_who_is_done_has_come_to_the_end(mesh: Mesh, attempts: Attempts) -> None:
    apart, recorded, endless = await mesh.enqueue(Outside("a"), Outside("b"), Outside("c"))

    async def stride(attempt: Attempt, delivery: Delivery[Outside]) -> None:
        delivery.tell_progress(3, None if delivery.job_id == endless else 10)
        await seen(attempts, delivery.job_id, 3)
        if delivery.job_id == recorded:
            async with attempt.transaction():
                pass

    for id in (apart, recorded, endless):
        await attempts.run(outside(Outside, stride), id)
    assert [(await attempts.row(id))["progress"] for id in (apart, recorded, endless)] == [
        {"done": 10, "total": 10},
        {"done": 10, "total": 10},
        {"done": 3},
    ]


@pytest.mark.parametrize(
    ("error", "left"),
    [
        (RuntimeError("as told"), None),  # the next attempt begins anew
        (Snooze(60), {"done": 3, "total": 10}),  # and this one goes on
        (Discard("UNWANTED", "as told"), {"done": 3, "total": 10}),  # so far it had come
    ],
    ids=["failed", "snoozed", "dead"],
)
async def test_who_is_not_done(
    mesh: Mesh,
    attempts: Attempts,
    error: Exception,
    left: dict[str, int] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (id,) = await mesh.enqueue(Outside("k"))
    ended, tried = asyncio.Event(), asyncio.Event()
    execute = attempts.register.rows

    async def late(statement: LiteralString, values: Values = None) -> list[Any]:
        """What is told at last is written when the attempt has ended."""
        is_last = isinstance(values, dict) and '"done":4' in str(values.get("told"))
        if is_last:
            await ended.wait()
        found = await execute(statement, values)
        if is_last:
            tried.set()
        return found

    monkeypatch.setattr(attempts.register, "rows", late)

    async def stride(_: Attempt, delivery: Delivery[Outside]) -> None:
        delivery.tell_progress(3, 10)
        await seen(attempts, id, 3)
        delivery.tell_progress(4, 10)
        raise error

    await attempts.run(outside(Outside, stride), id)
    ended.set()
    async with asyncio.timeout(30):
        await tried.wait()  # and it is nobody's
    assert (await attempts.row(id))["progress"] == left


async def test_a_job_that_holds_its_row_holds_up_no_other(mesh: Mesh, attempts: Attempts) -> None:
    ending, going = await mesh.enqueue(Outside("a"), Outside("b"))
    told, ended, kept = asyncio.Event(), asyncio.Event(), list[Any]()

    async def end_slowly(attempt: Attempt, delivery: Delivery[Outside]) -> None:
        async with attempt.transaction():
            delivery.tell_progress(1)
            told.set()
            await ended.wait()

    async def stride(_: Attempt, delivery: Delivery[Outside]) -> None:
        await told.wait()
        delivery.tell_progress(5)
        try:
            await seen(attempts, going, 5)
            await attempts.register.rows("UPDATE job SET lease_until = now() WHERE id = %(id)s", {"id": going})
            await attempts.presence.beat(attempts.register)
            kept.extend(await attempts.register.rows(_KEPT, {"id": going}))
        finally:
            ended.set()

    await asyncio.gather(
        attempts.run(outside(Outside, end_slowly), ending), attempts.run(outside(Outside, stride), going)
    )
    assert [row.kept for row in kept] == [True]
    assert {(await attempts.row(id))["state"] for id in (ending, going)} == {"done"}
