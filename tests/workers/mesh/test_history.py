"""What has ended moves to the history: once, whole, by days that come and go; and an id stays used."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from shared_models.kernel.database import RELAY_ROLE, database_url
from shared_models.kernel.ids import new_id
from shared_models.kernel.mesh import enqueue
from shared_models.kernel.mesh_tables import job_history
from tests.support.mesh import Mesh, once
from tests.support.mesh_domains import Poke
from workers.mesh.connection import MeshConnection
from workers.mesh.relay.history import _MOVE, BATCH, DAYS_AHEAD, HistoryDays, Mover
from workers.mesh.settings import MeshSettings

SETTINGS = MeshSettings(job_linger_seconds=30, job_retention_days=3, dead_retention_days=5)

_END = """
UPDATE job SET state = %(state)s, finished_at = now() - make_interval(secs => %(ago)s) WHERE id = ANY(%(ids)s)
"""
_PARTITIONS = """
SELECT relname, (now() AT TIME ZONE 'UTC')::date - to_date(right(relname, 8), 'YYYYMMDD') AS age
FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'job_history'::regclass ORDER BY age
"""
DAY = 86_400.0


@pytest.fixture
async def relay(mesh: Mesh) -> AsyncIterator[MeshConnection]:
    """The relay's connection to `probe`, which has no history yet."""
    connection = MeshConnection("probe", database_url(mesh.settings, "probe", role=RELAY_ROLE))
    await connection.rows("DELETE FROM job")
    for row in await connection.rows(_PARTITIONS):
        await connection.rows(f"DROP TABLE {row.relname}")
    yield connection
    await connection.rows("DELETE FROM job")
    await connection.close()


async def ended(mesh: Mesh, relay: MeshConnection, state: str, ago: float, count: int = 1) -> list[UUID]:
    ids = await mesh.enqueue(*(Poke(f"{state}{number}") for number in range(count)))
    await relay.rows(_END, {"ids": ids, "state": state, "ago": ago})
    return ids


async def ids_in(mesh: Mesh, table: str) -> set[Any]:
    async with mesh.transaction() as session:
        return set((await session.execute(text(f"SELECT id FROM {table}"))).scalars())


async def test_days_are_made_ahead_and_dropped_when_they_are_old(mesh: Mesh, relay: MeshConnection) -> None:
    await ended(mesh, relay, "done", 2 * DAY)
    await HistoryDays(relay, MeshSettings(job_retention_days=10)).attend()
    assert [row.age for row in await relay.rows(_PARTITIONS)] == list(range(-DAYS_AHEAD, 3))
    await Mover(relay, SETTINGS).attend()
    assert len(await ids_in(mesh, "job_history")) == 1

    days = HistoryDays(relay, MeshSettings(job_retention_days=1))
    await days.attend()
    await days.attend()
    assert [row.age for row in await relay.rows(_PARTITIONS)] == list(range(-DAYS_AHEAD, 2))
    assert await ids_in(mesh, "job_history") == set()


async def test_a_day_that_somebody_reads_is_dropped_later(mesh: Mesh, relay: MeshConnection) -> None:
    await ended(mesh, relay, "done", 2 * DAY)
    await HistoryDays(relay, SETTINGS).attend()
    days = HistoryDays(relay, MeshSettings(job_retention_days=1))
    async with mesh.transaction() as session:
        await session.execute(text("SELECT FROM job_history"))
        with pytest.raises(Exception, match="lock timeout"):
            await days.attend()
    await days.attend()
    assert [row.age for row in await relay.rows(_PARTITIONS)] == list(range(-DAYS_AHEAD, 2))


async def test_only_what_has_ended_well_and_lingered_is_moved(mesh: Mesh, relay: MeshConnection) -> None:
    moved = [*await ended(mesh, relay, "done", 31), *await ended(mesh, relay, "cancelled", 31)]
    stay = [
        *await ended(mesh, relay, "done", 5),
        *await ended(mesh, relay, "dead", 31),
        *await mesh.enqueue(Poke("waits")),
    ]
    before = {row["id"]: row for row in await mesh.jobs()}
    await HistoryDays(relay, SETTINGS).attend()
    await Mover(relay, SETTINGS).attend()
    assert await ids_in(mesh, "job") == set(stay)
    assert await ids_in(mesh, "job_history") == set(moved)
    columns = [column.name for column in job_history.columns]
    for row in await mesh.jobs():
        assert [row[name] for name in columns] == [before[row["id"]][name] for name in columns]


async def test_what_is_older_than_the_history_is_deleted_and_old_dead_letters_are(
    mesh: Mesh, relay: MeshConnection
) -> None:
    await ended(mesh, relay, "done", 40 * DAY)
    await ended(mesh, relay, "dead", 40 * DAY)
    kept = await ended(mesh, relay, "dead", 4 * DAY)
    await HistoryDays(relay, SETTINGS).attend()
    await Mover(relay, SETTINGS).attend()
    assert await ids_in(mesh, "job") == set(kept)
    assert await ids_in(mesh, "job_history") == set()


async def test_moving_goes_by_batches(mesh: Mesh, relay: MeshConnection) -> None:
    await ended(mesh, relay, "done", 31, count=BATCH + 1)
    await HistoryDays(relay, SETTINGS).attend()
    mover = Mover(relay, SETTINGS)
    at_once, later = await mover.attend(), await mover.attend()
    assert at_once < later
    assert await ids_in(mesh, "job") == set()
    assert len(await ids_in(mesh, "job_history")) == BATCH + 1


async def test_an_id_that_has_ended_is_used_before_while_and_after_it_moves(mesh: Mesh, relay: MeshConnection) -> None:
    (id,) = await ended(mesh, relay, "done", 31)
    await HistoryDays(relay, SETTINGS).attend()

    async def again() -> UUID:
        async with mesh.transaction() as session:
            return await enqueue(session, Poke("again"), job_id=id)

    assert await again() == id
    assert [row["state"] for row in await mesh.jobs()] == ["done"]

    values = {"linger": 30, "retention": 3}
    async with relay.transaction() as execute:
        (moved,) = await execute(_MOVE, values)
        assert moved.moved == 1
        # It meets the row that is being moved, and waits for what becomes of it.
        meanwhile = asyncio.create_task(again())
        watcher = MeshConnection("probe", database_url(mesh.settings, "probe", role=RELAY_ROLE))
        async with asyncio.timeout(60):
            while not await watcher.rows("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"):
                await asyncio.sleep(0.02)
        await watcher.close()
    assert await meanwhile == id
    assert await again() == id
    assert await ids_in(mesh, "job") == set()
    assert await ids_in(mesh, "job_history") == {id}


async def test_a_move_that_is_rolled_back_leaves_the_job_where_it_was(mesh: Mesh, relay: MeshConnection) -> None:
    ids = await ended(mesh, relay, "done", 31)  # no partition takes it
    with pytest.raises(Exception, match="no partition"):
        await Mover(relay, SETTINGS).attend()
    assert await ids_in(mesh, "job") == set(ids)


async def test_a_relay_that_moves_at_once_neither_loses_nor_doubles(mesh: Mesh, relay: MeshConnection) -> None:
    for _ in range(2):
        mesh.start("relay", TRELLIS_JOB_LINGER_SECONDS="0")
    mesh.start("work")
    ids = {f"k{number}": new_id() for number in range(100)}
    for _ in range(3):
        for key, id in ids.items():
            async with mesh.transaction() as session:
                await enqueue(session, Poke(key), job_id=id)
    await mesh.at_rest()
    async with asyncio.timeout(60):
        while await ids_in(mesh, "job"):
            await asyncio.sleep(0.05)
    assert await ids_in(mesh, "job_history") == set(ids.values())
    assert await mesh.effects("poke") == once(ids)
