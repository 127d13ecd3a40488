"""Who is served while somebody has more to do than all workers can: lane by lane, tenant by tenant."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from shared_models.kernel.database import database_name
from shared_models.kernel.mesh import enqueue
from shared_models.kernel.tenancy import Lane, Scope, Tier
from tests.support.claimant import Claimant, by_tenant, jobs_of
from tests.support.mesh import Mesh, once
from tests.support.mesh_domains import BulkPoke, Outside, Poke
from workers.mesh.relay.survey import survey

# As enqueued an hour ago: before all that a test enqueues.
_QUEUE_UP = """
INSERT INTO job (id, tenant_id, name, payload, trace, lane, max_attempts, run_at, created_at, concurrency_key,
                 concurrency_limit, ordering_key)
SELECT gen_random_uuid(), %(tenant)s, %(name)s, %(payload)s, '{}', %(lane)s, 3, an_hour_ago, an_hour_ago,
       %(key)s, CASE WHEN %(key)s::text IS NOT NULL THEN 2 END, %(key)s || number
FROM generate_series(1, %(jobs)s) AS number,
     LATERAL (SELECT now() - interval '1 hour' + number * interval '1 microsecond' AS an_hour_ago) AS time
"""
_ROWS_READ = "SELECT (seq_tup_read + idx_tup_fetch)::int AS read FROM pg_stat_user_tables WHERE relname = 'job'"


async def queue_up(
    claimant: Claimant, jobs: int, tenant: UUID, lane: Lane = Lane.STANDARD, key: str | None = None
) -> None:
    """Jobs that do not end; with a key, each an order of its own, and two of all of them at once."""
    own_key = key and f"{tenant}/{key}"
    values = {"jobs": jobs, "tenant": tenant, "lane": int(lane), "key": own_key, "name": Outside.name()}
    await claimant.relay.rows(_QUEUE_UP, {**values, "payload": '{"key": "long", "seconds": 3600}'})


async def rows_read(claimant: Claimant) -> int:
    """How many rows of jobs have been read so far."""
    await claimant.relay.rows("SELECT pg_stat_force_next_flush()")
    (row,) = await claimant.relay.rows(_ROWS_READ)
    return int(row.read)


def vacuum(mesh: Mesh) -> None:
    """What autovacuum does at some moment: here, whatever earlier tests have left, before anything is counted."""
    url = make_url(mesh.settings.database_url).set(database=database_name("probe"), drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as admin:
        admin.execute("VACUUM ANALYZE job")


async def test_urgent_work_runs_while_ten_thousand_bulk_jobs_want_all_workers(mesh: Mesh, claimant: Claimant) -> None:
    """Some threads are never given to bulk work, so it does not matter that none of it ends."""
    await queue_up(claimant, 10_000, mesh.tenant, Lane.BULK)
    mesh.start("relay")
    mesh.start("work", TRELLIS_JOB_SECONDS="600")
    await mesh.until_running(4)
    keys = [f"{lane.name}{number}" for lane in (Lane.INTERACTIVE, Lane.PREMIUM) for number in range(5)]
    for key in keys:
        async with mesh.transaction(lane=Lane.PREMIUM if key.startswith("PREMIUM") else Lane.INTERACTIVE) as session:
            await enqueue(session, Poke(key))
    await mesh.until_effects("poke", len(keys))
    assert await mesh.effects("poke") == once(keys)
    assert [job["state"] for job in await mesh.jobs()].count("queued") > 9_900


async def test_bulk_work_goes_on_while_urgent_work_wants_all_workers(mesh: Mesh, claimant: Claimant) -> None:
    await queue_up(claimant, 100, mesh.tenant, Lane.INTERACTIVE)
    (bulk,) = await mesh.enqueue(BulkPoke("k"))
    assert bulk in jobs_of(await claimant.claim(Lane.INTERACTIVE, Lane.BULK, threads=4))


async def test_who_has_little_to_do_is_served_beside_who_has_much(mesh: Mesh, claimant: Claimant) -> None:
    await queue_up(claimant, 1_000, uuid4())
    trickle = await mesh.enqueue(Poke("one"), Poke("two"))
    dispatches = await claimant.claim(threads=4)
    assert len(dispatches) == 6
    assert set(trickle) < set(jobs_of(dispatches))
    # The first of each before the second of any: they are read in this order.
    assert trickle[0] in jobs_of(dispatches[:2])


@pytest.mark.parametrize("in_flight", [0, 5], ids=["six messages", "one message"])
@pytest.mark.parametrize("key", [None, "k"], ids=["without keys", "with keys"])
async def test_who_has_little_to_do_goes_ahead_of_what_others_have_in_redis(
    mesh: Mesh, claimant: Claimant, key: str | None, in_flight: int
) -> None:
    """However few messages a claim may send, who has more waiting than that is not taken for one of them."""
    await queue_up(claimant, 1_000, uuid4(), key=key)
    room: dict[str, Any] = {"threads": 4, "in_flight": {Lane.STANDARD: in_flight}}
    await claimant.send(Lane.STANDARD, **room)
    (trickle,) = await mesh.enqueue(Poke("one"))
    taken = jobs_of(await claimant.claim(**room))
    assert (taken[0], len(taken) > 1) == (trickle, True)


@pytest.mark.parametrize("key", [None, "k"], ids=["without keys", "with keys"])
async def test_each_of_many_tenants_has_its_turn_before_any_has_two(
    mesh: Mesh, claimant: Claimant, key: str | None
) -> None:
    for _ in range(10):
        await queue_up(claimant, 5, uuid4(), key=key)
    turns = [by_tenant(await claimant.claim(threads=4)) for _ in range(2)]
    assert [sum(turn.values()) for turn in turns] == [6, 6]
    assert sorted((turns[0] + turns[1]).values()) == [1] * 8 + [2] * 2


async def test_premium_tenants_send_four_messages_for_one_of_a_standard_tenant(mesh: Mesh, claimant: Claimant) -> None:
    standard = uuid4()
    await queue_up(claimant, 100, standard)
    async with mesh.database("probe").transaction(Scope(mesh.tenant, Lane.STANDARD, tier=Tier.PREMIUM)) as session:
        for number in range(40):
            await enqueue(session, Poke(f"{number}"))
    assert by_tenant(await claimant.claim(threads=20)) == {mesh.tenant: 24, standard: 6}


async def test_a_claim_reads_few_rows_however_many_wait(mesh: Mesh, claimant: Claimant) -> None:
    """Of one tenant, of one flow, of as many flows as jobs: neither it nor others pay for them."""
    await queue_up(claimant, 10_000, uuid4())
    await queue_up(claimant, 10_000, uuid4(), key="k")
    await mesh.enqueue(Poke("one"))
    await asyncio.to_thread(vacuum, mesh)
    read = []
    for _ in range(3):
        before = await rows_read(claimant)
        await survey(claimant.relay)
        assert len(await claimant.claim(threads=8)) == 12
        read.append(await rows_read(claimant) - before)
    # What other connections have read before, when they emptied the tables, may be counted as late as this.
    assert min(read) < 2_000
