"""Schedules: each tick is one job, though relays come and go, and though what is remembered of it is put back."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import msgspec

from tests.support.breakable import administer
from tests.support.conditions import SCHEDULES
from tests.support.ledger import BROKEN, Account
from tests.workers.mesh.nemesis.customer import Customer
from tests.workers.mesh.nemesis.record import Record

#: A day long past, so that nothing becomes due but by being put back.
_DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=10)
_LAST = _DAY + timedelta(hours=23, minutes=59)
_NAME = "minutely"

#: What relays are told by their environment.
ENVIRONMENT = {SCHEDULES: msgspec.json.encode([(_NAME, f"* * {_DAY.day} {_DAY.month} *", "UTC")]).decode()}

#: Minutes by which the schedule is put back: so many the first time, so many more each time.
_FIRST, _MORE, _MOST = 10, 5, 1400

# Never forward: what was put back and has not been made up for is still owed.
_PUT_BACK = "UPDATE schedule SET last_tick = LEAST(last_tick, %s) WHERE name = %s"


class Ticking:
    """A schedule of each minute of a day, put back further and further. The ledger knows of its ticks."""

    name = "ticks"

    def __init__(self, customer: Customer) -> None:
        self._customer = customer
        self._minutes = _FIRST
        self._owed: set[datetime] = set()

    async def ask(self) -> None:
        ticks = [_LAST - timedelta(minutes=minutes) for minutes in range(self._minutes)]
        self._customer.ledger.allow_ticks(_NAME, ticks)
        self._minutes = min(_MOST, self._minutes + _MORE)
        with suppress(*BROKEN):  # put back or not: either is right
            async with await administer(self._customer.mesh.settings, "probe") as connection:
                put_back = await connection.execute(_PUT_BACK, [ticks[-1] - timedelta(minutes=1), _NAME])
            if put_back.rowcount:  # else no relay has begun with it yet
                self._customer.ledger.expect_ticks(_NAME, set(ticks) - self._owed)
                self._owed.update(ticks)

    def reckon(self, record: Record, account: Account) -> int:
        return len(self._owed)
