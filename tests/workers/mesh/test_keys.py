"""What keys hold back: so many at once, one after the other, so many in a time; whoever claims."""

import asyncio
import signal
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

import pytest

from shared_models.kernel.jobs import Concurrency, Rate
from shared_models.kernel.mesh import enqueue
from shared_models.kernel.tenancy import Lane
from tests.support.claimant import Claimant, jobs_of
from tests.support.mesh import Mesh
from tests.support.mesh_domains import Keyed, KeyedElsewhere, Poke
from workers.mesh.relay.keyed import LOCK

_MAKE_OLDER = "UPDATE job SET created_at = created_at - interval '1 hour' WHERE id = %(id)s"
_TIME_PASSES = "UPDATE rate_start SET started_at = started_at - interval '1 hour'"


class Span(NamedTuple):
    """From when to when a job was worked on."""

    key: str
    began: float
    ended: float


@pytest.fixture
async def other(mesh: Mesh, claimant: Claimant) -> AsyncIterator[Claimant]:
    """Another relay that thinks it leads."""
    other = Claimant(mesh)
    yield other
    await other.close()


async def both(one: Claimant, other: Claimant, *lanes: Lane) -> list[UUID]:
    """What two relays claim at the same moment."""
    claims = await asyncio.gather(one.claim(*lanes), other.claim(*lanes))
    return [job for dispatches in claims for job in jobs_of(dispatches)]


async def test_of_one_key_no_more_are_in_flight_than_its_limit_whoever_claims(
    mesh: Mesh, claimant: Claimant, other: Claimant
) -> None:
    """Also where they lie in several queues and lanes, and under other keys beside."""
    here = [Keyed(f"a{number}", concurrency=Concurrency("k", 3)) for number in range(4)]
    there = [KeyedElsewhere(f"b{number}", concurrency=Concurrency("k", 3)) for number in range(4)]
    ordered = [Keyed(f"c{number}", ordering=f"{number}", concurrency=Concurrency("k", 3)) for number in range(4)]
    await mesh.enqueue(*here, *there, *ordered)
    async with mesh.transaction(lane=Lane.BULK) as session:
        for number in range(4):
            await enqueue(session, Keyed(f"d{number}", concurrency=Concurrency("k", 3)))
    ended = 0
    while ended < 16:
        await both(claimant, other, Lane.STANDARD, Lane.BULK)
        rows = await claimant.relay.rows(
            "SELECT lease_token AS lease, state FROM job WHERE state IN ('dispatched', 'running')"
        )
        assert 0 < len(rows) <= 3
        # One starts, one ends: both are in flight until then.
        first, *rest = rows
        if first.state == "dispatched":
            await claimant.relay.rows("UPDATE job SET state = 'running' WHERE lease_token = %(lease)s", first._asdict())
        for row in rest or rows:
            await claimant.relay.rows("UPDATE job SET state = 'done' WHERE lease_token = %(lease)s", row._asdict())
            ended += 1


async def test_while_one_relay_claims_jobs_with_keys_another_claims_those_without(
    mesh: Mesh, claimant: Claimant, other: Claimant
) -> None:
    """What the first is about to claim is not to be seen yet."""
    with_key = await mesh.enqueue(Keyed("k", concurrency=Concurrency("k", 1)))
    without = await mesh.enqueue(Poke("free"))
    async with other.relay.transaction() as execute:
        await execute(LOCK)
        assert jobs_of(await claimant.claim()) == without
    assert jobs_of(await claimant.claim()) == with_key


async def test_a_key_is_the_tenants_own(mesh: Mesh, claimant: Claimant) -> None:
    second = Mesh(mesh.settings)
    for tenant in (mesh, second):
        await tenant.enqueue(*(Keyed(f"{number}", concurrency=Concurrency("k", 1)) for number in range(2)))
    assert {dispatch.tenant_id for dispatch in await claimant.claim()} == {mesh.tenant, second.tenant}
    await second.close()


async def test_of_one_order_each_waits_for_the_one_before_also_for_its_retry(
    mesh: Mesh, claimant: Claimant, other: Claimant
) -> None:
    first, second, third = await mesh.enqueue(*(Keyed(f"{number}", ordering="o") for number in range(3)))
    assert await both(claimant, other) == [first]
    assert await both(claimant, other) == []
    (failed,) = await claimant.relay.rows(
        "UPDATE job SET state = 'queued', lease_token = NULL, run_at = now() + interval '1 hour' "
        "WHERE state = 'dispatched' RETURNING id"
    )
    assert failed.id == first
    assert await both(claimant, other) == []  # the others are due, and wait
    await claimant.relay.rows("UPDATE job SET run_at = now()")
    for expected in (first, second, third):
        dispatches = await claimant.claim()
        assert jobs_of(dispatches) == [expected]
        await claimant.start(*dispatches)
        assert await both(claimant, other) == []
        await claimant.end(*dispatches)


async def test_one_that_was_committed_late_waits_for_the_younger_one_that_is_in_flight(
    mesh: Mesh, claimant: Claimant
) -> None:
    """Likewise a dead letter that is replayed while its order went on."""
    (younger,) = await mesh.enqueue(Keyed("younger", ordering="o"))
    dispatches = await claimant.claim()
    assert jobs_of(dispatches) == [younger]
    (older,) = await mesh.enqueue(Keyed("older", ordering="o"))
    await claimant.relay.rows(_MAKE_OLDER, {"id": older})
    assert await claimant.claim() == []
    await claimant.end(*dispatches)
    assert jobs_of(await claimant.claim()) == [older]


async def test_of_one_rate_no_more_start_in_its_time_than_its_limit(
    mesh: Mesh, claimant: Claimant, other: Claimant
) -> None:
    ids = await mesh.enqueue(*(Keyed(f"{number}", rate=Rate("r", 3, 3600)) for number in range(7)))
    assert sorted(await both(claimant, other)) == sorted(ids[:3])
    (row,) = await claimant.relay.rows("SELECT array_agg(lease_token) AS leases FROM job WHERE state = 'dispatched'")
    assert await both(claimant, other) == []  # they may start at any moment
    await claimant.relay.rows(
        "UPDATE job SET state = 'queued', lease_token = NULL WHERE lease_token = %(lease)s", {"lease": row.leases[0]}
    )
    # One was lost on the way, and has not started: it goes again.
    assert await both(claimant, other) == [ids[0]]


async def test_what_a_rate_has_started_counts_until_its_time_is_over(mesh: Mesh, claimant: Claimant) -> None:
    ids = await mesh.enqueue(*(Keyed(f"{number}", rate=Rate("r", 3, 3600)) for number in range(7)))
    for group in (ids[:3], ids[3:6], ids[6:]):
        dispatches = await claimant.claim()
        assert sorted(jobs_of(dispatches)) == sorted(group)
        await claimant.start(*dispatches)
        await claimant.end(*dispatches)
        assert await claimant.claim() == []
        await claimant.relay.rows(_TIME_PASSES)


async def test_what_has_no_keys_does_not_wait_for_what_has(mesh: Mesh, claimant: Claimant) -> None:
    await mesh.enqueue(*(Keyed(f"{number}", concurrency=Concurrency("k", 1)) for number in range(30)))
    held = jobs_of(await claimant.claim())
    free = await mesh.enqueue(*(Poke(f"{number}") for number in range(3)))
    assert len(held) == 1
    assert sorted(jobs_of(await claimant.claim(in_flight={Lane.STANDARD: 1}))) == sorted(free)


async def test_nothing_of_a_paused_queue_is_claimed(mesh: Mesh, claimant: Claimant) -> None:
    await claimant.relay.rows("INSERT INTO queue_pause (queue) VALUES ('default')")
    paused = await mesh.enqueue(Poke("free"), Keyed("keyed", ordering="o"))
    open_ = await mesh.enqueue(KeyedElsewhere("elsewhere", ordering="p"))
    assert jobs_of(await claimant.claim()) == open_
    assert await claimant.claim() == []
    await claimant.relay.rows("DELETE FROM queue_pause")
    assert sorted(jobs_of(await claimant.claim())) == sorted(paused)


async def test_two_workers_and_a_relay_that_takes_over_hold_to_keys(mesh: Mesh) -> None:
    # Leases so long that none is lost to a busy machine: what is held back is up to the claims alone.
    patient = {"TRELLIS_RUNNING_LEASE_SECONDS": "60", "TRELLIS_DISPATCH_LEASE_SECONDS": "3"}
    leader = mesh.start("relay", **patient)
    for _ in range(2):
        mesh.start("work", **patient)
    await mesh.enqueue(*(Keyed(f"c{number}", concurrency=Concurrency("k", 2), seconds=0.03) for number in range(20)))
    await mesh.enqueue(*(Keyed(f"o{number}", ordering="o", times=number % 2, seconds=0.02) for number in range(10)))
    await mesh.until_effects("keyed", 8)
    mesh.start("relay", **patient)
    leader.send(signal.SIGKILL)
    assert await mesh.at_rest() == {"done": 30}

    spans = [
        Span(key, float(began), float(ended))
        for key, began, ended in (effect.split() for effect in await mesh.effects("keyed"))
    ]
    limited = [span for span in spans if span.key.startswith("c")]
    for one in limited:
        assert sum(other.began <= one.began < other.ended for other in limited) <= 2
    ordered = sorted((span for span in spans if span.key.startswith("o")), key=lambda span: span.began)
    assert all(one.ended <= following.began for one, following in pairwise(ordered))
    assert [span.key for span in ordered] == [f"o{number}" for number in range(10) for _ in range(1 + number % 2)]
