"""Ticks: the same however one looks, in every zone, also where clocks change."""

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import ClassVar
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_models.kernel.jobs import Job
from workers.mesh.schedules import MISSED_AFTER, MOST_AT_ONCE, CatchUp, Schedule


class Close(Job, frozen=True):
    """Closes something."""

    domain: ClassVar[str] = "probe"


#: Changes by an hour in both hemispheres, by half an hour, at midnight, by a whole day (2011), and none.
ZONES = [
    "Europe/London",
    "America/New_York",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Asia/Kolkata",
    "UTC",
]
EXPRESSIONS = ["30 1 * * *", "0 0 * * *", "30 2 * * *", "15,45 0-3 * * *", "0 3 * * SUN", "*/20 * * * *", "5 */2 * * *"]


def schedule(cron: str, zone: str = "UTC", catch_up: CatchUp = CatchUp.LATEST) -> Schedule:
    return Schedule(name="s", cron=cron, zone=zone, job=Close(), catch_up=catch_up)


def changes_of(zone: str) -> list[datetime]:
    """The moments at which the clocks of a zone changed between 2011 and 2027, to the hour; noon of a day for none."""
    found, moment = [], datetime(2011, 1, 1, tzinfo=UTC)
    offset = moment.astimezone(ZoneInfo(zone)).utcoffset()
    while moment.year < 2027:
        moment += timedelta(hours=6)
        if (now := moment.astimezone(ZoneInfo(zone)).utcoffset()) != offset:
            found.append(moment)
            offset = now
    return found or [datetime(2026, 6, 1, 12, tzinfo=UTC)]


CHANGES = {zone: changes_of(zone) for zone in ZONES}


@st.composite
def around_changes(draw: st.DrawFn) -> tuple[Schedule, datetime, datetime]:
    """A schedule, and a stretch of time around a change of its clocks."""
    zone = draw(st.sampled_from(ZONES))
    change = draw(st.sampled_from(CHANGES[zone]))
    begin = change - timedelta(seconds=draw(st.integers(0, 2 * 86_400)))
    end = begin + timedelta(seconds=draw(st.integers(0, 5 * 86_400)))
    return schedule(draw(st.sampled_from(EXPRESSIONS)), zone), begin, end


@given(around_changes(), st.data())
def test_however_often_one_looks_the_ticks_are_the_same(
    stretch: tuple[Schedule, datetime, datetime], data: st.DataObject
) -> None:
    given, begin, end = stretch
    each = msgspec.structs.replace(given, catch_up=CatchUp.EACH)
    whole = list(takewhile(lambda tick: tick <= end, given.ticks_after(begin)))
    looks = sorted(data.draw(st.lists(st.datetimes(begin.replace(tzinfo=None), end.replace(tzinfo=None)), max_size=8)))
    seen: list[datetime] = []
    last = begin
    for look in [*(look.replace(tzinfo=UTC) for look in looks), end]:
        while ticks := each.due(last, look):
            seen += ticks
            last = ticks[-1]
    assert seen == whole
    assert whole == sorted(set(whole))


@given(around_changes())
def test_the_latest_tick_is_the_last_of_those_until_then(stretch: tuple[Schedule, datetime, datetime]) -> None:
    given, begin, end = stretch
    ticks = list(takewhile(lambda tick: tick <= end, given.ticks_after(begin)))
    assert given.due(begin, end) == ticks[-1:]


@given(around_changes())
def test_a_fixed_time_of_day_comes_once_on_every_day(stretch: tuple[Schedule, datetime, datetime]) -> None:
    given, begin, end = stretch
    daily = msgspec.structs.replace(given, cron="30 1 * * *")
    zone = ZoneInfo(daily.zone)
    ticks = [tick.astimezone(zone) for tick in takewhile(lambda tick: tick <= end, daily.ticks_after(begin))]
    days = [tick.date() for tick in ticks]
    assert days == sorted(set(days))
    for tick in ticks:
        # At that time, or at the moment to which the clocks were put forward over it.
        skipped = tick.replace(hour=1, minute=30) != tick.replace(hour=1, minute=30).astimezone(UTC).astimezone(zone)
        assert (tick.hour, tick.minute) == (1, 30) or skipped or tick.date() == datetime(2011, 12, 31).date()


def utc(day: int, hour: int, minute: int, month: int) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def test_a_tick_in_the_gap_comes_at_the_change() -> None:
    ticks = schedule("30 1 * * *", "Europe/London").ticks_after(utc(28, 12, 0, month=3))
    assert [next(ticks), next(ticks)] == [utc(29, 1, 0, month=3), utc(30, 0, 30, month=3)]


def test_a_tick_in_the_fold_comes_once_the_first_time() -> None:
    ticks = schedule("30 1 * * *", "Europe/London").ticks_after(utc(24, 12, 0, month=10))
    assert [next(ticks), next(ticks)] == [utc(25, 0, 30, month=10), utc(26, 1, 30, month=10)]


def test_what_repeats_follows_the_elapsed_time() -> None:
    ticks = schedule("30 * * * *", "Europe/London").ticks_after(utc(25, 0, 0, month=10))
    assert [next(ticks) for _ in range(3)] == [utc(25, hour, 30, month=10) for hour in range(3)]


def test_of_missed_ticks_each_the_latest_or_none_is_made_up_for() -> None:
    last, now = utc(1, 12, 0, month=6), utc(3, 12, 30, month=6)
    hourly = {catch_up: schedule("0 * * * *", catch_up=catch_up) for catch_up in CatchUp}
    assert hourly[CatchUp.LATEST].due(last, now) == [utc(3, 12, 0, month=6)]
    assert hourly[CatchUp.NONE].due(last, now) == []
    assert hourly[CatchUp.NONE].due(last, utc(3, 12, 0, month=6) + MISSED_AFTER) == [utc(3, 12, 0, month=6)]
    assert len(hourly[CatchUp.EACH].due(last, now)) == 48
    assert len(hourly[CatchUp.EACH].due(last, now + timedelta(days=30))) == MOST_AT_ONCE


def test_a_clock_that_is_put_back_makes_no_tick_twice() -> None:
    assert schedule("* * * * *").due(utc(2, 0, 0, month=6), utc(1, 0, 0, month=6)) == []


@pytest.mark.parametrize(
    ("cron", "zone"),
    [
        ("0 3 * *", "UTC"),
        ("0 0 3 * * *", "UTC"),
        ("61 3 * * *", "UTC"),
        ("0 3 30 2 *", "UTC"),
        ("@daily", "UTC"),
        ("", "UTC"),
        ("0 3 * * *", "Europe/Atlantis"),
        ("0 3 * * *", "../../etc/passwd"),
        ("0 3 * * *", ""),
    ],
)
def test_a_schedule_that_no_tick_could_come_of_is_refused(cron: str, zone: str) -> None:
    with pytest.raises(ValueError, match=r"^Schedule s: "):
        schedule(cron, zone).check()
