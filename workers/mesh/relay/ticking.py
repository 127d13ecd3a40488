"""Enqueues the jobs of schedules: one for each tick, however many relays look, and whatever dies in between.

The row of a schedule says up to which tick there are jobs; it moves on in the transaction that writes them. Their ids
derive from schedule and tick, so that even a row that was lost or put back makes no tick twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
import structlog

from shared_models.kernel.ids import derived_id
from shared_models.kernel.job_rows import DELETE_ENDED, INSERT_JOBS, JobRow, encoded
from shared_models.kernel.tenancy import Lane, Tier
from workers.mesh.connection import MeshConnection
from workers.mesh.schedules import Schedule

log = structlog.get_logger()

LOOK_SECONDS = 1.0

# One that is new begins now: it has missed nothing.
_BEGIN = """
INSERT INTO schedule (name, last_tick) SELECT unnest(%(names)s::text[]), now() ON CONFLICT DO NOTHING
"""
_LAST = "SELECT name, last_tick, now() AS now FROM schedule WHERE name = ANY(%(names)s)"
_HOLD = "SELECT last_tick, now() AS now FROM schedule WHERE name = %(name)s FOR UPDATE SKIP LOCKED"
_MOVE_ON = "UPDATE schedule SET last_tick = %(tick)s WHERE name = %(name)s"


class Ticking:
    """The schedules of one domain."""

    def __init__(self, database: MeshConnection, schedules: Sequence[Schedule], wake: Callable[[], None]) -> None:
        """`wake` is called when jobs have become due."""
        self._database = database
        self._schedules = {schedule.name: schedule for schedule in schedules}
        self._wake = wake
        self._begun = False

    async def attend(self) -> float:
        """One look at the clock, which is the database's; returns the seconds until the next."""
        names = {"names": list(self._schedules)}
        if not self._begun:
            await self._database.rows(_BEGIN, names)
            self._begun = True
        for row in await self._database.rows(_LAST, names):
            schedule = self._schedules[row.name]
            if next(schedule.ticks_after(row.last_tick)) <= row.now:
                await self._tick(schedule)
        return LOOK_SECONDS

    async def _tick(self, schedule: Schedule) -> None:
        async with self._database.transaction() as execute:
            for row in await execute(_HOLD, {"name": schedule.name}):
                ticks = schedule.due(row.last_tick, row.now)
                if ticks:
                    inserted = await execute(INSERT_JOBS, [encoded([_job(schedule, tick) for tick in ticks])])
                    await execute(DELETE_ENDED, [[row.id for row in inserted]])
                up_to = ticks[-1] if ticks else row.now
                await execute(_MOVE_ON, {"name": schedule.name, "tick": up_to})
                log.info("mesh.ticked", schedule=schedule.name, jobs=len(ticks), up_to=up_to.isoformat())
        self._wake()


def _job(schedule: Schedule, tick: datetime) -> JobRow:
    job = schedule.job
    return JobRow(
        id=derived_id("schedule", schedule.name, tick.isoformat()),
        tenant_id=None,
        actor_id=None,
        name=job.name(),
        payload=msgspec.Raw(msgspec.json.encode(job)),
        trace={},
        lane=Lane.STANDARD if job.lane is None else job.lane,
        tier=Tier.STANDARD,
        max_attempts=job.max_attempts,
        queue=job.queue,
        caused_at=tick,
        schedule=schedule.name,
        tick=tick,
    ).held_by(job.keys())
