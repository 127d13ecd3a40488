"""Whether a batch has ended is cheap to ask, however large it is."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from shared_models.kernel.batches import Failure, start_batch
from shared_models.kernel.database import RELAY_ROLE, database_url
from tests.support.mesh import Mesh
from tests.support.mesh_domains import Gather, Member
from workers.mesh.awaited import outcome_of
from workers.mesh.connection import MeshConnection
from workers.mesh.relay.release import _CANCEL_REST, _LOCK, _LOOK, _RELEASE, Release

MEMBERS = 100_000

_END = """
UPDATE job SET state = 'done', finished_at = now()
WHERE batch_id IS NOT NULL AND (payload ->> 'key' = 'last') = %(last)s
"""
_STATE = "SELECT state FROM job WHERE awaits IS NOT NULL"


@pytest.fixture
async def relay(mesh: Mesh) -> AsyncIterator[MeshConnection]:
    """The relay's connection to `probe`, which has no jobs."""
    connection = MeshConnection("probe", database_url(mesh.settings, "probe", role=RELAY_ROLE), durable=False)
    await connection.rows("DELETE FROM job")
    yield connection
    await connection.rows("DELETE FROM job")
    await connection.close()


async def plan_of(relay: MeshConnection, statement: str, **values: object) -> str:
    """How a statement would be executed, line by line."""
    return "\n".join(row[0] for row in await relay.rows(f"EXPLAIN {statement}", values))


async def test_a_hundred_thousand_members_are_one_look_at_an_index(mesh: Mesh, relay: MeshConnection) -> None:
    async with mesh.transaction() as session:
        members = (Member("last" if number == MEMBERS // 2 else f"k{number}") for number in range(MEMBERS))
        batch = await start_batch(session, members, then=Gather("all"), on_failure=Failure.CANCELS_REST)
    woken: list[bool] = []
    changed: list[UUID] = []
    release = Release(relay, lambda: woken.append(True), lambda _, jobs: changed.extend(jobs))

    await relay.rows(_END, {"last": False})
    plan = await plan_of(relay, _LOOK, after=UUID(int=0))
    assert "using job_batch_open" in plan
    assert "Seq Scan" not in plan
    await release.attend()
    assert ([row.state for row in await relay.rows(_STATE)], woken, changed) == (["blocked"], [], [])

    await relay.rows(_END, {"last": True})
    await release.attend()
    assert ([row.state for row in await relay.rows(_STATE)], woken, changed) == (["queued"], [True], [batch.then])
    assert (await outcome_of(relay, batch.id)).done == MEMBERS


async def test_what_is_ripe_is_found_by_its_id_and_the_rest_of_its_batch_by_what_is_unfinished(
    relay: MeshConnection,
) -> None:
    for statement in (_LOCK, _CANCEL_REST, _RELEASE):
        plan = await plan_of(relay, statement, ids=[UUID(int=0)])
        assert "using job_pkey on job" in plan
        for longer in ("Seq Scan", "using job_awaiting", "using job_batch on"):
            assert longer not in plan


async def test_what_is_cancelled_with_a_batch_is_not_let_go_by_the_end_of_another(
    mesh: Mesh, relay: MeshConnection
) -> None:
    async with mesh.transaction() as session:
        outer = await start_batch(session, [Member("bad")], then=Gather("outer"), on_failure=Failure.CANCELS_REST)
        await start_batch(session, [], then=Gather("inner"), on_failure=Failure.IGNORED, within=outer.id)
    await relay.rows("UPDATE job SET state = 'dead', finished_at = now() WHERE name = 'probe.Member'")
    await Release(relay, lambda: None, lambda *_: None).attend()
    assert [row.state for row in await relay.rows(_STATE)] == ["cancelled", "cancelled"]
