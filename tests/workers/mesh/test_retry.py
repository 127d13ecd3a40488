"""When what has failed is tried again, and whether."""

from __future__ import annotations

import math
import random
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.jobs import Retry
from tests.support.attempts import Attempts, attempts_of, inside
from tests.support.mesh import Mesh
from tests.support.mesh_domains import Poke
from workers.mesh.actors import Delivery, Policy
from workers.mesh.outcomes import RetryAfter, Snooze
from workers.mesh.retry import LONGEST_ASKED, delay_before

# The database's clock, by which jobs wait.
_NOW = "SELECT now() AS now"


@pytest.fixture
async def attempts(mesh: Mesh) -> AsyncIterator[Attempts]:
    async with attempts_of(mesh) as attempts:
        yield attempts


async def fail(attempts: Attempts, id: UUID, error: Exception, policy: Policy) -> tuple[timedelta, timedelta]:
    """One attempt that ends so; returns the bounds of how long the job then waits: not less, and not more."""

    async def failing(_: AsyncSession, __: Delivery[Poke]) -> None:
        raise error

    (before,) = await attempts.register.rows(_NOW)
    await attempts.run(inside(Poke, failing, policy), id)
    (after,) = await attempts.register.rows(_NOW)
    run_at = (await attempts.row(id))["run_at"]
    return run_at - after.now, run_at - before.now


@given(
    attempt=st.integers(1, 1_000),
    base=st.floats(0.1, 60.0),
    longest=st.floats(1.0, 86_400.0),
    seed=st.integers(),
)
def test_delays_double_within_their_jitter_and_are_bounded(
    attempt: int, base: float, longest: float, seed: int
) -> None:
    delay = delay_before(attempt, Retry(base=base, longest=longest), random.Random(seed))
    ceiling = min(longest, base * 2 ** min(attempt - 1, 60))
    assert ceiling / 2 <= delay <= ceiling


async def test_each_attempt_waits_twice_as_long(mesh: Mesh, attempts: Attempts) -> None:
    (id,) = await mesh.enqueue(Poke("k"))
    policy = Policy(max_attempts=5, retry=Retry(base=1000, longest=3000))
    for ceiling in (1000, 2000, 3000, 3000):
        least, most = await fail(attempts, id, RuntimeError("as told"), policy)
        assert least <= timedelta(seconds=ceiling)
        assert most >= timedelta(seconds=ceiling / 2)
    await fail(attempts, id, RuntimeError("the last"), policy)
    row = await attempts.row(id)
    assert (row["state"], row["attempt"], row["error"]) == ("dead", 5, {"code": "RuntimeError", "message": "the last"})


@pytest.mark.parametrize(
    ("asked", "waits"),
    [(7000, 7000), (0.0, 0), (-5, 0), (math.nan, 0), (math.inf, LONGEST_ASKED), (1e300, LONGEST_ASKED)],
)
@pytest.mark.parametrize("error", [RetryAfter, Snooze])
async def test_who_says_when_to_come_back_is_obeyed_within_reason(
    mesh: Mesh, attempts: Attempts, error: type[Exception], asked: float, waits: float
) -> None:
    (id,) = await mesh.enqueue(Poke("k"))
    least, most = await fail(attempts, id, error(asked, "as told"), Policy(retry=Retry(base=0.0)))
    assert least <= timedelta(seconds=waits) <= most
    row = await attempts.row(id)
    failed = {"code": "RETRY_AFTER", "message": "as told"}
    assert (row["state"], row["attempt"], row["error"]) == (
        ("queued", 1, failed) if error is RetryAfter else ("queued", 0, None)
    )


async def test_back_off_that_is_longer_than_what_was_asked_for_holds(mesh: Mesh, attempts: Attempts) -> None:
    (id,) = await mesh.enqueue(Poke("k"))
    policy = Policy(retry=Retry(base=500))
    _, most = await fail(attempts, id, RetryAfter(1, "as told"), policy)
    assert most >= timedelta(seconds=250)


async def test_who_is_asked_to_come_back_comes_as_often_as_it_may(mesh: Mesh, attempts: Attempts) -> None:
    (id,) = await mesh.enqueue(Poke("k"))
    for _ in range(2):
        await fail(attempts, id, RetryAfter(60, "as told"), Policy(max_attempts=2))
    row = await attempts.row(id)
    assert (row["state"], row["attempt"]) == ("dead", 2)


BY_ERROR: Mapping[type[Exception], Retry | None] = MappingProxyType(
    {LookupError: Retry(base=5000, longest=5000), KeyError: None}
)


@pytest.mark.parametrize(
    ("error", "state", "ceiling"),
    [
        (KeyError("k"), "dead", None),
        (IndexError("i"), "queued", 5000),
        (LookupError("l"), "queued", 5000),
        (RuntimeError("r"), "queued", 100),
    ],
    ids=["never", "of a subtype", "of the type", "of another"],
)
async def test_the_policy_of_the_nearest_type_of_error_holds(
    mesh: Mesh, attempts: Attempts, error: Exception, state: str, ceiling: Any
) -> None:
    (id,) = await mesh.enqueue(Poke("k"))
    least, most = await fail(attempts, id, error, Policy(retry=Retry(base=100, longest=100, by_error=BY_ERROR)))
    row = await attempts.row(id)
    assert (row["state"], row["attempt"], row["error"]["code"]) == (state, 1, type(error).__name__)
    if ceiling:
        assert least <= timedelta(seconds=ceiling)
        assert most >= timedelta(seconds=ceiling / 2)
