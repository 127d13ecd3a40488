"""Schedules while relays come and go: each tick is one job, and has its effect once."""

import asyncio
import signal
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests.support.breakable import Breakable
from tests.support.conditions import SCHEDULES
from tests.support.ledger import Ledger
from tests.support.mesh import Mesh
from tests.support.mesh_domains import Poke
from tests.support.proxy import Fate

#: What a relay says in the transaction of a tick.
_MOVES_ON = b"UPDATE schedule SET last_tick"

_KNOWN = "SELECT count(*) FROM schedule"
_PUT_BACK = "UPDATE schedule SET last_tick = %s WHERE name = %s"

#: A day long past, so that nothing becomes due but by a test's doing: name, cron expression, zone, and its ticks.
_DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=10)
_HOURS = [_DAY + timedelta(hours=hour) for hour in range(24)]
_HOURLY = ("hourly", f"0 * {_DAY.day} {_DAY.month} *", "UTC")


def _has(*schedules: tuple[str, str, str]) -> dict[str, str]:
    return {SCHEDULES: msgspec.json.encode(schedules).decode()}


async def _miss(servers: Breakable, schedule: str, ticks: Sequence[datetime]) -> None:
    """Nobody has looked at the schedule since before those ticks. Waits until relays have begun with it."""
    async with await servers.administer("probe") as connection, asyncio.timeout(30):
        while not (await connection.execute(_PUT_BACK, [ticks[0] - timedelta(minutes=1), schedule])).rowcount:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("when", ["before its commit", "after its commit"])
async def test_fault_15_a_relay_killed_at_a_tick(when: str, servers: Breakable, mesh: Mesh, ledger: Ledger) -> None:
    way = await servers.way()
    victim = mesh.start_at(way.settings, "relay", **_has(_HOURLY))
    mesh.start("work")
    if when == "before its commit":
        trap = way.postgres.trap(_MOVES_ON, Fate.HELD)
    else:
        trap = way.postgres.trap(b"COMMIT", Fate.MUTED, after=_MOVES_ON)
    ledger.expect_ticks("hourly", _HOURS)
    await _miss(servers, "hourly", _HOURS)
    await trap.sprung()
    victim.send(signal.SIGKILL)
    for _ in range(2):
        mesh.start("relay", **_has(_HOURLY))
    assert (await ledger.settled()).problems == []
    # What the schedule's row remembers is lost, and the ticks have had their jobs all the same.
    await _miss(servers, "hourly", _HOURS)
    await ledger.commit(Poke("meanwhile"))
    async with await servers.administer("probe") as connection, asyncio.timeout(30):
        looked = "SELECT last_tick FROM schedule WHERE last_tick >= %s"
        while not await (await connection.execute(looked, [_HOURS[-1]])).fetchone():
            await asyncio.sleep(0.05)
    assert (await ledger.settled()).problems == []


async def test_fault_15_one_tick_a_day_where_clocks_are_put_forward_and_back(
    servers: Breakable, mesh: Mesh, ledger: Ledger
) -> None:
    london = ZoneInfo("Europe/London")
    forward, back = _changes(london)
    eves = [datetime(day.year, day.month, day.day - 1, 1, 30, tzinfo=london) for day in (forward, back)]
    ticks = {
        # Half past one does not come, or comes twice.
        "forward": [eves[0], datetime(forward.year, forward.month, forward.day, 1, tzinfo=UTC)],
        "back": [eves[1], datetime(back.year, back.month, back.day, 1, 30, tzinfo=london, fold=0)],
    }
    schedules = _has(
        *(
            (name, f"30 1 {first.day}-{first.day + 1} {first.month} *", "Europe/London")
            for name, (first, _) in ticks.items()
        )
    )
    for _ in range(2):
        mesh.start("relay", **schedules)
    mesh.start("work")
    for name, expected in ticks.items():
        ledger.expect_ticks(name, expected)
        await _miss(servers, name, [tick.astimezone(UTC) for tick in expected])
    assert (await ledger.settled()).problems == []


def _changes(zone: ZoneInfo) -> tuple[date, date]:
    """The last days on which the clocks were put forward, and back: such a day is shorter, or longer."""
    days = [datetime.now(UTC).date() - timedelta(days=ago) for ago in range(400, 1, -1)]
    starts = [datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() for day in days]
    by_hours = {(end - start) / 3600: day for day, (start, end) in zip(days, pairwise(starts), strict=False)}
    return by_hours[23], by_hours[25]
