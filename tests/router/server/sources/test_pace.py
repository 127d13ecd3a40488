"""Pauses between looks: longer after failures and never too long, and over at once when a look is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from router.server.sources.pace import Pace, seconds_after, seconds_before_first


def test_pauses_grow_with_failures_up_to_a_bound() -> None:
    assert [seconds_after(5, failures) for failures in (1, 2, 3, 4, 1_000_000)] == [10, 20, 40, 60, 60]
    assert seconds_after(600, 9) == 600
    assert seconds_after(0, 9) == 0
    first = [seconds_before_first(failures) for failures in range(1, 20)]
    assert first == sorted(first)
    assert (first[0], first[-1], seconds_before_first(1_000_000)) == (0.1, 2.0, 2.0)


@pytest.mark.parametrize(
    ("seconds", "pause"), [(3_600, Pace.after_success), (3_600, Pace.after_failure), (0, Pace.after_success)]
)
async def test_a_look_that_is_asked_for_ends_any_pause(
    seconds: float, pause: Callable[[Pace], Awaitable[None]]
) -> None:
    pace = Pace(seconds)
    pauses = asyncio.ensure_future(pause(pace))
    await asyncio.sleep(0)
    assert not pauses.done()
    pace.look_now()
    async with asyncio.timeout(20):
        await pauses


async def test_one_that_is_asked_for_during_a_look_is_the_next_and_no_more() -> None:
    pace = Pace(3_600)
    pace.look_now()
    async with asyncio.timeout(20):
        await pace.after_success()
    after_it = asyncio.ensure_future(pace.after_success())
    await asyncio.sleep(0)
    assert not after_it.done()
    after_it.cancel()
