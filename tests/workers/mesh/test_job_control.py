"""Cancel, replay, pause: what people do to jobs, step by step, over the domain's role and the relay's."""

from collections.abc import AsyncIterator
from typing import ClassVar
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text

from shared_models.kernel.database import RELAY_ROLE, Database, database_url
from shared_models.kernel.job_control import (
    LARGEST_STEP,
    JobFilter,
    cancel,
    pause,
    paused,
    replay,
    resume,
)
from shared_models.kernel.jobs import Job, Keys
from shared_models.kernel.mesh import enqueue
from shared_models.kernel.tenancy import Scope
from tests.support.mesh import Mesh
from tests.support.mesh_domains import Poke


class Alone(Job, frozen=True):
    """Of which one waits or runs. Nobody performs it."""

    domain: ClassVar[str] = "probe"
    key: str

    def keys(self) -> Keys:
        return Keys(unique=self.key)


@pytest.fixture
async def everyone(mesh: Mesh) -> AsyncIterator[Database]:
    """The database of `probe` as an operator of the platform sees it."""
    database = Database("probe", database_url(mesh.settings, "probe", role=RELAY_ROLE), pool_size=1)
    yield database
    await database.close()


@pytest.fixture(autouse=True)
async def nothing_left(mesh: Mesh) -> AsyncIterator[None]:
    """What these tests leave must not be run by the next."""
    yield
    async with mesh.transaction() as session:
        await session.execute(text("DELETE FROM job"))


async def kill(mesh: Mesh, *ids: UUID, code: str = "BROKEN") -> None:
    """Makes dead letters of jobs."""
    async with mesh.transaction() as session:
        await session.execute(
            text(
                "UPDATE job SET state = 'dead', attempt = 12, crashes = 2, finished_at = now(), "
                "error = jsonb_build_object('code', CAST(:code AS text)) WHERE id = ANY(:ids)"
            ),
            {"ids": list(ids), "code": code},
        )


async def states(mesh: Mesh) -> dict[UUID, str]:
    return {row["id"]: row["state"] for row in await mesh.jobs()}  # type: ignore[misc]


async def test_what_waits_is_cancelled_at_once_and_what_runs_is_asked_to_stop(mesh: Mesh) -> None:
    queued, dispatched, running, done = ids = await mesh.enqueue(*(Poke(f"k{number}") for number in range(4)))
    async with mesh.transaction() as session:
        for id, state in zip(ids, ("queued", "dispatched", "running", "done"), strict=True):
            await session.execute(text("UPDATE job SET state = :state WHERE id = :id"), {"id": id, "state": state})
    async with mesh.transaction() as session:
        step = await cancel(session, JobFilter(ids=ids))
    assert {job.id: str(job.state) for job in step.jobs} == {
        queued: "cancelled",
        dispatched: "cancelled",
        running: "running",
    }
    rows = {row["id"]: row for row in await mesh.jobs()}
    assert rows[queued]["finished_at"]
    assert rows[running]["cancel_requested_at"]
    assert not rows[running]["finished_at"]
    assert rows[done]["state"] == "done"
    async with mesh.transaction() as session:
        assert (await cancel(session, JobFilter(ids=ids))).jobs == []


async def test_a_dead_letter_is_replayed_as_if_never_tried_and_tells_by_whom(mesh: Mesh) -> None:
    one, other = await mesh.enqueue(Poke("one"), Poke("other"))
    await kill(mesh, one)
    await kill(mesh, other, code="ELSE")
    operator = uuid4()
    async with mesh.database("probe").transaction(Scope(mesh.tenant, actor_id=operator)) as session:
        step = await replay(session, JobFilter(error_code="BROKEN"))
    assert [job.id for job in step.jobs] == [one]
    row = next(row for row in await mesh.jobs() if row["id"] == one)
    assert (row["state"], row["attempt"], row["crashes"], row["finished_at"]) == ("queued", 0, 0, None)
    async with mesh.transaction() as session:
        (by,) = (await session.execute(text("SELECT id, actor_id, action, subject, jobs FROM intervention"))).all()
    assert tuple(by) == (row["intervention"], operator, "replay", {"error_code": "BROKEN"}, 1)


async def test_of_equal_dead_letters_one_is_replayed_and_none_beside_one_that_waits(mesh: Mesh) -> None:
    ids = []
    for _ in range(2):
        async with mesh.transaction() as session:
            ids.append(await enqueue(session, Alone("k")))
        await kill(mesh, ids[-1])
    async with mesh.transaction() as session:
        assert len((await replay(session, JobFilter())).jobs) == 1
    async with mesh.transaction() as session:
        assert (await replay(session, JobFilter())).jobs == []
    assert sorted((await states(mesh)).values()) == ["dead", "queued"]


async def test_what_lies_behind_equal_dead_letters_is_not_forgotten(mesh: Mesh) -> None:
    for key in ("k", "k", "other"):
        async with mesh.transaction() as session:
            id = await enqueue(session, Alone(key))
        await kill(mesh, id)
    seen = []
    for _ in range(2):
        async with mesh.transaction() as session:
            seen.append(await replay(session, JobFilter(), limit=2))
    assert [(len(step.jobs), step.more) for step in seen] == [(1, True), (1, False)]


async def test_a_tenant_reaches_its_own_jobs_alone(mesh: Mesh, everyone: Database) -> None:
    (id,) = await mesh.enqueue(Poke("mine"))
    await kill(mesh, id)
    stranger = Scope(uuid4())
    async with mesh.database("probe").transaction(stranger) as session:
        assert (await replay(session, JobFilter(ids=[id]))).jobs == []
    async with everyone.transaction(Scope(None)) as session:
        assert (await replay(session, JobFilter(ids=[id], tenant_id=stranger.tenant_id))).jobs == []
        assert [job.tenant_id for job in (await replay(session, JobFilter(ids=[id]))).jobs] == [mesh.tenant]


async def test_a_step_is_bounded_and_says_that_there_may_be_more(mesh: Mesh) -> None:
    await mesh.enqueue(*(Poke(f"k{number}") for number in range(5)))
    async with mesh.transaction() as session:
        first = await cancel(session, JobFilter(name=Poke.name()), limit=3)
        second = await cancel(session, JobFilter(name=Poke.name()), limit=LARGEST_STEP * 1000)
    assert (len(first.jobs), first.more) == (3, True)
    assert (len(second.jobs), second.more) == (2, False)


async def test_a_queue_is_paused_once_and_resumed_once(everyone: Database) -> None:
    operator, queue = uuid4(), f"q{uuid4()}"
    async with everyone.transaction(Scope(None, actor_id=operator)) as session:
        assert [await pause(session, queue), await pause(session, queue)] == [True, False]
        assert [(row.queue, row.paused_by) for row in await paused(session)] == [(queue, operator)]
        assert [await resume(session, queue), await resume(session, queue)] == [True, False]
        assert await paused(session) == []


async def test_a_domain_pauses_no_queue(mesh: Mesh) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with mesh.transaction() as session:
            await pause(session, "default")
