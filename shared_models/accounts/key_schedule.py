"""When signing keys come and go. No I/O: from the windows of the keys there are, what is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from shared_models.accounts.access_tokens import ACCESS_LIFETIME

#: How long a key signs.
SIGNING_LIFETIME = timedelta(days=7)
#: How long before it signs a key is published: longer than anybody keeps the published keys without asking again.
PUBLISHED_AHEAD = timedelta(hours=3)
#: How long a key is published after it signed for the last time: until its last token has expired, and clocks differ.
PUBLISHED_AFTER = ACCESS_LIFETIME + timedelta(minutes=45)


class Window(msgspec.Struct, frozen=True):
    """A key, and from when until when it signs."""

    key_id: str
    signs_from: datetime
    signs_until: datetime


class Due(msgspec.Struct, frozen=True):
    """What is to be done: keys to forget, and the moment from which a new key signs, if one is needed."""

    forget: list[str]
    new_from: datetime | None


def signing_at(windows: Sequence[Window], now: datetime) -> Window | None:
    """The key that signs at `now`: of several the one that began last."""
    open_now = [window for window in windows if window.signs_from <= now < window.signs_until]
    return max(open_now, key=lambda window: window.signs_from, default=None)


def due(windows: Sequence[Window], now: datetime) -> Due:
    """What is due at `now`. A gap is never left: without a key that signs, the new one signs at once."""
    forget = [window.key_id for window in windows if window.signs_until + PUBLISHED_AFTER <= now]
    current = signing_at(windows, now)
    if current is None:
        return Due(forget, now)
    last_until = max(window.signs_until for window in windows)
    return Due(forget, last_until if last_until - now <= PUBLISHED_AHEAD else None)
