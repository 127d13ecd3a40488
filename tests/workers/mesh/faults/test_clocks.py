"""Clocks that are wrong: whatever is said about time is said by the database's."""

import asyncio
from datetime import timedelta

from sqlalchemy import text

from shared_models.kernel.mesh import enqueue
from tests.support.conditions import CLOCK_AHEAD
from tests.support.ledger import Ledger
from tests.support.mesh import PATIENT, Mesh, once
from tests.support.mesh_domains import Misbehave, Outside, Poke


async def test_fault_11_clocks_that_are_five_minutes_off(mesh: Mesh, ledger: Ledger) -> None:
    for ahead in ("300", "-300"):
        mesh.start("relay", **{CLOCK_AHEAD: ahead})
        mesh.start("work", **{CLOCK_AHEAD: ahead, **PATIENT})
    await ledger.commit(
        *(Poke(f"k{number}") for number in range(30)),
        *(Misbehave(f"again {number}", "raise", times=1) for number in range(3)),
        *(Misbehave(f"later {number}", "snooze") for number in range(3)),
        *(Outside(f"long {number}", seconds=4.0) for number in range(2)),
    )
    assert (await ledger.settled()).problems == []
    attempts = {str(job["payload"]["key"]): job["attempt"] for job in await mesh.jobs()}  # type: ignore[index]
    assert {attempts[f"again {number}"] for number in range(3)} == {2}
    assert {attempts[f"long {number}"] for number in range(2)} == {1}
    async with mesh.transaction() as session:
        ended = await session.execute(text("SELECT max(abs(extract(epoch FROM now() - finished_at))) FROM job"))
        assert ended.scalar_one() < 200


async def test_fault_11_a_job_for_later_does_not_run_earlier_where_the_clock_is_ahead(mesh: Mesh) -> None:
    mesh.start("relay", **{CLOCK_AHEAD: "300"})
    mesh.start("work", **{CLOCK_AHEAD: "300"})
    async with mesh.transaction() as session:
        now = (await session.execute(text("SELECT now()"))).scalar_one()
        await enqueue(session, Poke("later"), run_at=now + timedelta(minutes=4))
        await enqueue(session, Poke("now"))
    await mesh.until_effects("poke", 1)
    await asyncio.sleep(0.5)
    assert await mesh.effects("poke") == once(["now"])
