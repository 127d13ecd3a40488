"""Numbers and times for people."""

from datetime import UTC, datetime


def duration(nanoseconds: int) -> str:
    """`873 µs`, `12.4 ms`, `3.21 s`, `2 min 05 s`."""
    if nanoseconds < 1_000_000:
        return f"{nanoseconds / 1e3:.0f} µs"
    if nanoseconds < 1_000_000_000:
        return f"{nanoseconds / 1e6:.1f} ms"
    if nanoseconds < 60_000_000_000:
        return f"{nanoseconds / 1e9:.2f} s"
    minutes, seconds = divmod(nanoseconds // 1_000_000_000, 60)
    return f"{minutes} min {seconds:02d} s"


def clock(nanoseconds: int) -> str:
    """`14:03:07.412`, UTC. A time outside of the calendar is shown as the number it is."""
    moment = _moment(nanoseconds)
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}" if moment else str(nanoseconds)


def date_and_clock(nanoseconds: int) -> str:
    """`2026-03-01 14:03:07.412 UTC`."""
    moment = _moment(nanoseconds)
    return f"{moment:%Y-%m-%d} {clock(nanoseconds)} UTC" if moment else str(nanoseconds)


def _moment(nanoseconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
    except (OverflowError, ValueError, OSError):
        return None
