"""An attempt that takes longer than it may: broken off wherever it waits, recorded, and tried again by its policy."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from types import MappingProxyType

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.jobs import Retry
from tests.support.attempts import Attempts, attempts_of, inside, outside
from tests.support.mesh import Mesh, once
from tests.support.mesh_domains import Outside, Poke, leave_effect
from workers.mesh.actors import Attempt, Delivery, Policy

SHORT = Policy(time_limit=0.1)
TOO_LONG = {"code": "TIME_LIMIT_EXCEEDED", "message": "It took longer than 0.1 s and was broken off."}


@pytest.fixture
async def attempts(mesh: Mesh) -> AsyncIterator[Attempts]:
    async with attempts_of(mesh) as attempts:
        yield attempts


async def for_ever(session: AsyncSession, delivery: Delivery[Poke]) -> None:
    await leave_effect(session, "poke", delivery.payload.key)
    await asyncio.sleep(3600)


async def test_a_transaction_that_takes_too_long_is_rolled_back_and_tried_again(mesh: Mesh, attempts: Attempts) -> None:
    (id,) = await mesh.enqueue(Poke("k"))
    await attempts.run(inside(Poke, for_ever, SHORT), id)
    row = await attempts.row(id)
    assert (row["state"], row["attempt"], row["error"], row["lease_token"]) == ("queued", 1, TOO_LONG, None)
    assert await mesh.effects("poke") == {}


async def test_work_outside_that_takes_too_long_is_tried_again(mesh: Mesh, attempts: Attempts) -> None:
    (id,) = await mesh.enqueue(Outside("k"))

    async def in_its_last_transaction(attempt: Attempt, delivery: Delivery[Outside]) -> None:
        async with attempt.transaction() as session:
            await leave_effect(session, "outside", delivery.payload.key)
            await asyncio.sleep(3600)

    await attempts.run(outside(Outside, in_its_last_transaction, SHORT), id)
    row = await attempts.row(id)
    assert (row["state"], row["attempt"], row["error"]) == ("queued", 1, TOO_LONG)
    assert await mesh.effects("outside") == {}


async def test_what_blocks_a_thread_is_left_to_itself(mesh: Mesh, attempts: Attempts) -> None:
    (id,) = await mesh.enqueue(Outside("k"))
    enough = threading.Event()

    async def wait_in_a_thread(_: Attempt, __: Delivery[Outside]) -> None:
        await asyncio.to_thread(enough.wait)

    await attempts.run(outside(Outside, wait_in_a_thread, SHORT), id)
    enough.set()
    assert (await attempts.row(id))["error"] == TOO_LONG


async def test_the_last_attempt_that_takes_too_long_is_a_dead_letter(mesh: Mesh, attempts: Attempts) -> None:
    (id,) = await mesh.enqueue(Poke("k"))
    await attempts.run(inside(Poke, for_ever, Policy(time_limit=0.1, max_attempts=1)), id)
    row = await attempts.row(id)
    assert (row["state"], row["error"]) == ("dead", TOO_LONG)


async def test_a_policy_may_say_that_what_took_too_long_is_not_tried_again(mesh: Mesh, attempts: Attempts) -> None:
    (id,) = await mesh.enqueue(Poke("k"))
    never = Retry(by_error=MappingProxyType({TimeoutError: None}))
    await attempts.run(inside(Poke, for_ever, Policy(time_limit=0.1, retry=never)), id)
    row = await attempts.row(id)
    assert (row["state"], row["attempt"], row["error"]) == ("dead", 1, TOO_LONG)


async def test_a_timeout_of_its_own_is_a_failure_like_others(mesh: Mesh, attempts: Attempts) -> None:
    (id,) = await mesh.enqueue(Poke("k"))

    async def asked_in_vain(session: AsyncSession, _: Delivery[Poke]) -> None:
        async with asyncio.timeout(0):
            await asyncio.sleep(3600)

    await attempts.run(inside(Poke, asked_in_vain), id)
    assert (await attempts.row(id))["error"]["code"] == "TimeoutError"


async def test_what_ends_in_time_is_not_disturbed(mesh: Mesh, attempts: Attempts) -> None:
    (id,) = await mesh.enqueue(Poke("k"))

    async def in_time(session: AsyncSession, delivery: Delivery[Poke]) -> None:
        await leave_effect(session, "poke", delivery.payload.key)

    await attempts.run(inside(Poke, in_time, Policy(time_limit=600)), id)
    assert (await attempts.row(id))["state"] == "done"
    assert await mesh.effects("poke") == once(["k"])
