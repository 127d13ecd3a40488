"""Schedules: jobs that the platform enqueues by the clock, declared beside the actors that perform them.

actors.schedule(Schedule("nightly", cron="0 3 * * *", zone="Europe/London", job=CloseBooks()))
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from cronsim import CronSim, CronSimError

from shared_models.kernel.jobs import Job

#: A tick is missed when nobody looked for so long; one round makes up for so many.
MISSED_AFTER = timedelta(minutes=1)
MOST_AT_ONCE = 50

#: When clocks are put back, some times of day come twice, and what lies before the second is only seen from beyond it.
_LONGEST_FOLD = timedelta(hours=3)


class CatchUp(Enum):
    """What is made of ticks that were missed while no relay ran."""

    LATEST = "latest"  # one job, for the latest of them
    EACH = "each"  # one for each of them
    NONE = "none"  # none


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A job that the platform itself enqueues, once for each tick; its delivery's `occurred_at` is the tick.

    `cron` has five fields: minute, hour, day of month, month, day of week; times are those of `zone`. A fixed time of
    day that a change of the clocks skips is met at the change, one that comes twice the first time; what is repeated
    (`*` in minute or hour) follows the elapsed time. The name is what a schedule is remembered by.
    """

    name: str
    cron: str
    job: Job
    zone: str = "UTC"
    catch_up: CatchUp = CatchUp.LATEST

    def check(self) -> None:
        """Raises `ValueError` for a schedule that no tick could come of."""
        if len(self.cron.split()) != 5:
            raise ValueError(f"Schedule {self.name}: {self.cron!r} has not five fields.")
        try:
            next(CronSim(self.cron, datetime.now(ZoneInfo(self.zone))))
        except CronSimError as error:
            raise ValueError(f"Schedule {self.name}: {self.cron!r} is no cron expression: {error}.") from error
        except StopIteration:
            raise ValueError(f"Schedule {self.name}: {self.cron!r} never comes.") from None
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"Schedule {self.name}: {self.zone!r} is no time zone.") from error

    def ticks_after(self, moment: datetime) -> Iterator[datetime]:
        """The ticks after a moment, in UTC, earliest first."""
        latest = moment
        for tick in CronSim(self.cron, moment.astimezone(ZoneInfo(self.zone))):
            if tick.astimezone(UTC) > latest:
                latest = tick.astimezone(UTC)
                yield latest

    def latest_tick(self, until: datetime) -> datetime:
        """The latest tick that is not after a moment, in UTC."""
        beyond = (until + _LONGEST_FOLD).astimezone(ZoneInfo(self.zone))
        ticks = (tick.astimezone(UTC) for tick in CronSim(self.cron, beyond, reverse=True))
        return next(tick for tick in ticks if tick <= until)

    def due(self, last: datetime, now: datetime) -> list[datetime]:
        """The ticks to make jobs for, where all up to `last` have theirs."""
        if next(self.ticks_after(last)) > now:
            return []
        if self.catch_up is CatchUp.EACH:
            return [tick for tick in islice(self.ticks_after(last), MOST_AT_ONCE) if tick <= now]
        latest = self.latest_tick(now)
        return [] if self.catch_up is CatchUp.NONE and latest < now - MISSED_AFTER else [latest]
