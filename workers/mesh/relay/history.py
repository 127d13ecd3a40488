"""Keeps the table of jobs short: what has ended moves to a history by days, and days that are old enough are dropped.

A job's row is rewritten at each step of its life. In a table that holds the unfinished ones alone, and those that
ended a moment ago, claims stay quick and vacuum has little to do; dropping a day frees its space at once.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import structlog

from shared_models.kernel.mesh_tables import job_history
from workers.mesh.connection import Execute, MeshConnection
from workers.mesh.settings import MeshSettings

log = structlog.get_logger()

#: Jobs moved, or dead letters deleted, by one statement.
BATCH = 500

#: Days after today that have their partition, so that a relay may stand still for as long.
DAYS_AHEAD = 2

#: Seconds until the next look: while there is more to move, when there is not, and between two looks at the days.
AGAIN_SECONDS, REST_SECONDS, DAYS_SECONDS = 0.05, 2.0, 60.0

_COLUMNS = ", ".join(column.name for column in job_history.columns)

# One statement, so one transaction: at no moment is a job in both tables, or in neither. A cancelled member stays for
# as long as a job waits for the good end of its batch: the relay finds it there, and cancels that job as well. What
# ended before the history's first day is not kept.
_MOVE = f"""
WITH ended AS (
    SELECT id FROM job
    WHERE state IN ('done', 'cancelled') AND finished_at < now() - make_interval(secs => %(linger)s)
    AND NOT (state = 'cancelled' AND batch_id IS NOT NULL AND EXISTS (
        SELECT FROM job AS waiting
        WHERE waiting.awaits = job.batch_id AND waiting.state = 'blocked' AND waiting.awaits_success
    ))
    ORDER BY finished_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED
), moved AS (
    DELETE FROM job USING ended WHERE job.id = ended.id RETURNING job.*
), kept AS (
    INSERT INTO job_history ({_COLUMNS}) SELECT {_COLUMNS} FROM moved
    WHERE finished_at >= ((now() AT TIME ZONE 'UTC')::date - %(retention)s) AT TIME ZONE 'UTC'
)
SELECT count(*) AS moved FROM moved
"""

_DELETE_DEAD = f"""
DELETE FROM job WHERE id IN (
    SELECT id FROM job WHERE state = 'dead' AND finished_at < now() - make_interval(days => %(dead_retention)s)
    ORDER BY finished_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED
) RETURNING id
"""

# The days are those of UTC, by the database's clock. What ended before any relay kept a history needs its days, too.
_DAYS = """
SELECT (now() AT TIME ZONE 'UTC')::date AS today,
       (SELECT (min(finished_at) AT TIME ZONE 'UTC')::date FROM job WHERE state IN ('done', 'cancelled')) AS oldest,
       ARRAY(SELECT relname::text FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
             WHERE inhparent = 'job_history'::regclass) AS partitions
"""

# A table that is attached locks out nobody who reads or moves; one created as a partition would.
_CREATE = "CREATE TABLE {partition} (LIKE job_history INCLUDING DEFAULTS)"
_ATTACH = (
    "ALTER TABLE job_history ATTACH PARTITION {partition} FOR VALUES FROM ('{day} 00:00Z') TO ('{next_day} 00:00Z')"
)

# Dropping locks everybody out. Who waits for that lock holds up those behind it, so it waits a moment and tries later.
_HURRY = "SET LOCAL lock_timeout = '200ms'"
_DROP = "DROP TABLE {partition}"

_PREFIX = "job_history_"


class HistoryDays:
    """Makes the partitions of a domain's history that are needed, and drops those that are too old."""

    def __init__(self, database: MeshConnection, settings: MeshSettings) -> None:
        self._database = database
        self._retention = timedelta(days=settings.job_retention_days)

    async def attend(self) -> float:
        """One look at the days; returns the seconds until the next."""
        (found,) = await self._database.rows(_DAYS)
        first = found.today - self._retention
        day = max(first, min(found.oldest or found.today, found.today))
        while day <= found.today + timedelta(days=DAYS_AHEAD):
            if _partition(day) not in found.partitions:
                async with self._database.transaction() as execute:
                    await _create(execute, day)
            day += timedelta(days=1)
        for partition in sorted(found.partitions):
            if partition < _partition(first):
                async with self._database.transaction() as execute:
                    await execute(_HURRY)
                    await execute(_DROP.format(partition=partition))
                log.info("mesh.history_dropped", domain=self._database.domain, partition=partition)
        return DAYS_SECONDS


class Mover:
    """Moves a domain's jobs that have ended to the history, and deletes dead letters that nobody wanted."""

    def __init__(self, database: MeshConnection, settings: MeshSettings) -> None:
        self._database = database
        self._values = {
            "linger": settings.job_linger_seconds,
            "retention": settings.job_retention_days,
            "dead_retention": settings.dead_retention_days,
        }

    async def attend(self) -> float:
        """One batch; returns the seconds until the next."""
        (row,) = await self._database.rows(_MOVE, self._values)
        deleted = await self._database.rows(_DELETE_DEAD, self._values)
        return AGAIN_SECONDS if BATCH in (row.moved, len(deleted)) else REST_SECONDS


async def _create(execute: Execute, day: date) -> None:
    names: dict[str, Any] = {"partition": _partition(day), "day": day, "next_day": day + timedelta(days=1)}
    await execute(_CREATE.format(**names))
    await execute(_ATTACH.format(**names))


def _partition(day: date) -> str:
    """The name of a day's partition; names are in the order of days."""
    return f"{_PREFIX}{day:%Y%m%d}"
