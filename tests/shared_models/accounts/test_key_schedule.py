"""When keys come and go, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared_models.accounts.key_schedule import (
    PUBLISHED_AFTER,
    PUBLISHED_AHEAD,
    SIGNING_LIFETIME,
    Due,
    Window,
    due,
    signing_at,
)

NOW = datetime(2026, 11, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


def key(name: str, signs_from: datetime) -> Window:
    return Window(name, signs_from, signs_from + SIGNING_LIFETIME)


def test_the_first_key_signs_at_once():
    assert due([], NOW) == Due([], NOW)


def test_nothing_is_due_in_the_middle_of_a_keys_life():
    assert due([key("a", NOW - HOUR)], NOW) == Due([], None)


def test_the_next_key_is_published_before_it_signs():
    last = key("a", NOW - SIGNING_LIFETIME + PUBLISHED_AHEAD)
    assert due([last], NOW) == Due([], last.signs_until)
    following = key("b", last.signs_until)
    assert due([last, following], NOW) == Due([], None)
    assert signing_at([last, following], NOW) == last
    assert signing_at([last, following], last.signs_until) == following


def test_a_key_is_forgotten_when_its_last_token_is_worthless():
    old, current = key("a", NOW - SIGNING_LIFETIME - PUBLISHED_AFTER), key("b", NOW - HOUR)
    assert due([old, current], NOW) == Due(["a"], None)
    assert due([old, current], NOW - timedelta(seconds=1)) == Due([], None)


def test_after_a_long_sleep_a_new_key_signs_at_once():
    assert due([key("a", NOW - 3 * SIGNING_LIFETIME)], NOW) == Due(["a"], NOW)


def test_a_life_of_hourly_rotations_leaves_no_gap_and_few_keys():
    windows: list[Window] = []
    for hour in range(24 * 30):
        now = NOW + hour * HOUR
        plan = due(windows, now)
        windows = [window for window in windows if window.key_id not in plan.forget]
        if plan.new_from is not None:
            windows.append(key(str(hour), plan.new_from))
        assert signing_at(windows, now) is not None
        assert len(windows) <= 2
