"""What a domain's tests do with the mesh."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from shared_models.kernel.batches import Failure, chain, start_batch
from shared_models.kernel.ids import new_id
from shared_models.kernel.mesh import enqueue
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Scope
from tests.support.mesh_domains import Gather, Keyed, Member, Misbehave, Poke, Poked, mirror, probe
from workers.mesh.testing import MeshUnderTest


@pytest.fixture
async def inline(mesh_settings: KernelSettings) -> AsyncIterator[MeshUnderTest]:
    async with MeshUnderTest(mesh_settings, [probe, mirror], Scope(new_id())) as mesh:
        yield mesh


async def test_jobs_run_with_what_they_cause_when_the_test_says_so(inline: MeshUnderTest) -> None:
    async with inline.transaction("probe") as session:
        await enqueue(session, Poke("a"))
    assert await inline.assert_enqueued(Poke, key="a") == Poke("a")
    assert await inline.enqueued(Poked) == []
    poke, *caused = await inline.run_due()
    assert (poke.name, poke.state) == ("probe.Poke", "done")
    # Both are due from the moment of the event on: neither is the first.
    assert {(job.name, job.state) for job in caused} == {("mirror.collect", "done"), ("mirror.reflect", "done")}
    async with inline.transaction("mirror") as session:
        left = text("SELECT actor FROM effect WHERE tenant_id = :tenant ORDER BY actor")
        actors = (await session.execute(left, {"tenant": inline.scope.tenant_id})).scalars()
        assert list(actors) == ["collect", "reflect"]
    assert await inline.run_due() == []


async def test_a_failure_is_tried_again_once_its_time_has_come(inline: MeshUnderTest) -> None:
    async with inline.transaction("probe") as session:
        await enqueue(session, Misbehave("b", "raise", times=1))
    (failed,) = await inline.run_due()
    assert (failed.state, failed.attempt, (failed.error or {})["code"]) == ("queued", 1, "RuntimeError")
    await inline.pass_time(timedelta(minutes=1))
    assert [(job.state, job.attempt) for job in await inline.run_due()] == [("done", 2)]


async def test_of_one_order_each_waits_for_the_retry_of_the_one_before(inline: MeshUnderTest) -> None:
    async with inline.transaction("probe") as session:
        await enqueue(session, Keyed("one", ordering="o", times=1))
        await enqueue(session, Keyed("two", ordering="o"))
    assert [job.state for job in await inline.run_due()] == ["queued"]
    await inline.pass_time(timedelta(minutes=1))
    assert [(job.state, job.attempt) for job in await inline.run_due()] == [("done", 2), ("done", 1)]


async def test_what_is_delayed_waits_for_its_time(inline: MeshUnderTest) -> None:
    async with inline.transaction("probe") as session:
        await enqueue(session, Poke("c"), run_at=datetime.now(UTC) + timedelta(hours=1))
    assert await inline.run_due() == []
    await inline.pass_time(timedelta(hours=2))
    first, *_ = await inline.run_due()
    assert first.name == "probe.Poke"


async def test_what_awaits_a_batch_runs_when_that_has_ended(inline: MeshUnderTest) -> None:
    async with inline.transaction("probe") as session:
        members = [Member("a", adds=1), Member("b", how="discard")]
        await start_batch(session, members, then=Gather("all"), on_failure=Failure.IGNORED)
        await chain(session, [Member("c"), Gather("end")], on_failure=Failure.CANCELS_REST)
    ran = [(job.name, job.state) for job in await inline.run_due()]
    assert sorted(ran[:4]) == [("probe.Member", "dead"), *[("probe.Member", "done")] * 3]
    assert ran[4:] == [("probe.Gather", "done")] * 2


async def test_what_is_cancelled_with_its_batch_does_not_run(inline: MeshUnderTest) -> None:
    async with inline.transaction("probe") as session:
        await chain(session, [Member("a", how="discard"), Gather("end")], on_failure=Failure.CANCELS_REST)
    assert [(job.name, job.state) for job in await inline.run_due()] == [("probe.Member", "dead")]
    assert await inline.enqueued(Gather) == []


async def test_what_is_not_enqueued_is_told(inline: MeshUnderTest) -> None:
    async with inline.transaction("probe") as session:
        await enqueue(session, Poke("d"))
    with pytest.raises(AssertionError, match=r"0 of probe.Poke with \{'key': 'e'\}, among \[Poke\(key='d'\)\]"):
        await inline.assert_enqueued(Poke, key="e")


async def test_work_without_end_is_a_mistake(inline: MeshUnderTest) -> None:
    async with inline.transaction("probe") as session:
        for number in range(5):
            await enqueue(session, Poke(f"f{number}"))
    with pytest.raises(AssertionError, match="there are more"):
        await inline.run_due(most=3)
