"""Batches and chains, from start to what awaits them; what becomes of them when a member fails."""

import asyncio
import signal
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.batches import BatchEnded, Failure, add_to_batch, chain, start_batch
from shared_models.kernel.job_control import JobFilter, cancel
from shared_models.kernel.settings import KernelSettings
from tests.support.mesh import Mesh, once
from tests.support.mesh_domains import Gather, Member


@pytest.fixture(scope="module", autouse=True)
async def roles(mesh_settings: KernelSettings) -> AsyncIterator[None]:
    """Two relays and one worker for all tests of this module, which move what has ended soon."""
    mesh = Mesh(mesh_settings)
    for _ in range(2):
        mesh.start("relay", TRELLIS_JOB_LINGER_SECONDS="0.2")
    mesh.start("work")
    yield
    await mesh.close()


async def start(mesh: Mesh, *members: Member, on_failure: Failure = Failure.IGNORED) -> UUID:
    """Starts a batch that `Gather("all")` awaits; returns its id."""
    async with mesh.transaction() as session:
        return (await start_batch(session, members, then=Gather("all"), on_failure=on_failure)).id


async def postpone(session: AsyncSession, key: str) -> None:
    """Lets a job wait for an hour."""
    await session.execute(
        text("UPDATE job SET run_at = now() + interval '1 hour' WHERE payload ->> 'key' = :key"), {"key": key}
    )


async def error_codes(mesh: Mesh) -> dict[str, str]:
    """The codes with which jobs ended, by their keys."""
    return {row["payload"]["key"]: row["error"]["code"] for row in await mesh.jobs() if row["error"]}  # type: ignore[index]


async def test_what_awaits_a_batch_runs_once_when_all_have_ended(mesh: Mesh) -> None:
    keys = [f"k{number}" for number in range(30)]
    await start(mesh, *(Member(key) for key in keys))
    assert await mesh.at_rest() == {"done": 31}
    assert await mesh.effects("member") == once(keys)
    assert await mesh.effects("gather") == once(["all done=30 dead=0 cancelled=0"])


async def test_a_batch_without_members_has_ended(mesh: Mesh) -> None:
    await start(mesh)
    await mesh.at_rest()
    assert await mesh.effects("gather") == once(["all done=0 dead=0 cancelled=0"])


async def test_a_batch_that_is_rolled_back_never_was(mesh: Mesh) -> None:
    with pytest.raises(ZeroDivisionError):
        async with mesh.transaction() as session:
            await start_batch(session, [Member("k")], then=Gather("all"), on_failure=Failure.IGNORED)
            _ = 1 / 0
    assert await mesh.jobs() == []


async def test_members_that_are_added_from_within_are_awaited_too(mesh: Mesh) -> None:
    await start(mesh, Member("a", adds=5), Member("b", adds=3))
    await mesh.at_rest()
    assert await mesh.effects("gather") == once(["all done=10 dead=0 cancelled=0"])


async def test_members_that_fail_are_told_to_what_runs_regardless(mesh: Mesh) -> None:
    async with mesh.transaction() as session:
        members = [Member("good"), Member("bad", how="discard"), Member("later")]
        batch = await start_batch(session, members, then=Gather("all"), on_failure=Failure.IGNORED)
        await postpone(session, "later")
    async with asyncio.timeout(60):
        while sorted(str(row["state"]) for row in await mesh.jobs()) != ["blocked", "dead", "done", "queued"]:
            await asyncio.sleep(0.02)
    async with mesh.transaction() as session:
        await cancel(session, JobFilter(batch_id=batch.id))
    await mesh.at_rest()
    assert await mesh.effects("gather") == once(["all done=1 dead=1 cancelled=1"])


async def test_a_member_that_fails_cancels_the_rest_where_that_was_chosen(mesh: Mesh) -> None:
    async with mesh.transaction() as session:
        batch = await start_batch(
            session,
            [Member("bad", how="discard"), Member("later")],
            then=Gather("all"),
            on_failure=Failure.CANCELS_REST,
        )
        await postpone(session, "later")
    states = await mesh.at_rest()
    assert states == {"dead": 1, "cancelled": 2}
    assert await error_codes(mesh) == {"bad": "UNWANTED", "later": "BATCH_FAILED", "all": "BATCH_FAILED"}
    assert await mesh.effects("gather") == {}
    with pytest.raises(BatchEnded):
        async with mesh.transaction() as session:
            await add_to_batch(session, batch.id, [Member("late")])


async def test_a_batch_within_another_ends_before_it(mesh: Mesh) -> None:
    async with mesh.transaction() as session:
        outer = await start_batch(session, [Member("o")], then=Gather("outer"), on_failure=Failure.IGNORED)
        await start_batch(
            session,
            [Member("i"), Member("bad", how="discard")],
            then=Gather("inner"),
            on_failure=Failure.IGNORED,
            within=outer.id,
        )
    await mesh.at_rest()
    assert await mesh.effects("gather") == once(["inner done=1 dead=1 cancelled=0", "outer done=2 dead=0 cancelled=0"])


async def test_a_chain_runs_one_after_the_other(mesh: Mesh) -> None:
    async with mesh.transaction() as session:
        first, second, third = await chain(
            session, [Member("a", adds=2), Member("b"), Gather("end")], on_failure=Failure.CANCELS_REST
        )
    await mesh.at_rest()
    rows = {row["id"]: row for row in await mesh.jobs()}
    added = [row for row in rows.values() if row["id"] not in (first, second, third)]
    assert len(added) == 2
    for row in (rows[first], *added):
        assert row["finished_at"] <= rows[second]["finished_at"] <= rows[third]["finished_at"]  # type: ignore[operator]
        assert row["finished_at"] <= rows[second]["run_at"]  # type: ignore[operator]
    assert await mesh.effects("gather") == once(["end done=1 dead=0 cancelled=0"])


async def test_a_chain_of_one_is_that_job_and_of_none_is_none(mesh: Mesh) -> None:
    async with mesh.transaction() as session:
        assert await chain(session, [], on_failure=Failure.CANCELS_REST) == []
        (id,) = await chain(session, [Gather("alone")], on_failure=Failure.CANCELS_REST)
    assert await mesh.at_rest() == {"done": 1}
    assert [row["id"] for row in await mesh.jobs()] == [id]


@pytest.mark.parametrize(
    ("on_failure", "states"),
    [(Failure.CANCELS_REST, {"dead": 1, "cancelled": 2}), (Failure.IGNORED, {"dead": 1, "done": 2})],
)
async def test_a_chain_of_which_one_fails(mesh: Mesh, on_failure: Failure, states: dict[str, int]) -> None:
    async with mesh.transaction() as session:
        await chain(session, [Member("a", how="discard"), Member("b"), Member("c")], on_failure=on_failure)
    assert await mesh.at_rest() == states


async def test_a_batch_is_held_open_by_who_adds_to_it(mesh: Mesh) -> None:
    batch = await start(mesh, Member("first"))
    async with mesh.transaction() as session:
        await add_to_batch(session, batch, [Member("added")])
        await mesh.until_effects("member", 1)
        await asyncio.sleep(0.5)  # the relay looks ten times meanwhile
    await mesh.at_rest()
    assert await mesh.effects("gather") == once(["all done=2 dead=0 cancelled=0"])


async def test_a_relay_that_is_killed_leaves_no_batch_behind(mesh: Mesh) -> None:
    await start(mesh, *(Member(f"k{number}", adds=2) for number in range(30)))
    mesh.start("relay").send(signal.SIGKILL)
    await mesh.at_rest()
    assert await mesh.effects("gather") == once(["all done=90 dead=0 cancelled=0"])
