"""What can be broken off, and what cannot."""

import asyncio
import contextlib

import pytest

from shared_models.kernel.ids import new_id
from workers.mesh.under_way import BrokenOff, HandedBack, UnderWay


async def test_what_waits_is_broken_off_and_its_task_goes_on() -> None:
    under_way, lease, job, beside = UnderWay(), new_id(), new_id(), new_id()
    with under_way.keeping(lease):
        assert under_way.leases() == [lease]
        asyncio.get_running_loop().call_soon(under_way.break_off, beside)
        with pytest.raises(BrokenOff), under_way.breakable([job, beside]):
            await asyncio.sleep(3600)
        assert under_way.leases() == [lease]
        under_way.break_off(job)  # too late: its end is being recorded
        await asyncio.sleep(0)
    assert under_way.leases() == []


async def test_what_takes_no_notice_ends_as_it_would_have() -> None:
    under_way, job = UnderWay(), new_id()
    with under_way.breakable([job]):
        for _ in range(2):
            asyncio.get_running_loop().call_soon(under_way.break_off, job)
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(3600)
    await asyncio.sleep(0)
    task = asyncio.current_task()
    assert task
    assert task.cancelling() == 0  # none is left over


async def test_of_what_travels_together_one_is_broken_off_alone() -> None:
    under_way, jobs, ended = UnderWay(), [new_id(), new_id()], asyncio.Event()

    async def attempt(number: int) -> str:
        try:
            with under_way.breakable([jobs[number]]):
                await ended.wait()
        except BrokenOff:
            return "broken off"
        return "ended"

    attempts = [asyncio.create_task(attempt(number)) for number in range(2)]
    await asyncio.sleep(0)
    under_way.break_off(jobs[0])
    assert await attempts[0] == "broken off"
    ended.set()
    assert await attempts[1] == "ended"


async def test_all_that_runs_is_handed_back_and_that_is_waited_for() -> None:
    under_way, lease, recorded = UnderWay(), new_id(), list[str]()

    async def attempt(name: str) -> None:
        with under_way.keeping(lease):
            try:
                with under_way.breakable([new_id(), new_id()]):
                    await asyncio.sleep(3600)
            except HandedBack:
                await asyncio.sleep(0.05)
                recorded.append(name)

    async with asyncio.TaskGroup() as group:
        for name in ("a", "b"):
            group.create_task(attempt(name))
        await asyncio.sleep(0)
        await under_way.hand_back()
        assert sorted(recorded) == ["a", "b"]
        assert under_way.leases() == []


async def test_a_time_limit_within_is_no_cancellation() -> None:
    under_way = UnderWay()
    with pytest.raises(TimeoutError), under_way.breakable([new_id()]):
        async with asyncio.timeout(0):
            await asyncio.sleep(3600)


async def test_a_task_that_somebody_else_cancels_is_cancelled() -> None:
    under_way, job = UnderWay(), new_id()

    async def run() -> None:
        with under_way.breakable([job]):
            await asyncio.sleep(3600)

    task = asyncio.create_task(run())
    await asyncio.sleep(0)
    under_way.break_off(job)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
