"""Identifiers: time-ordered for new things, derived for things that must be the same when done twice."""

from uuid import UUID, uuid5

from uuid_utils.compat import uuid7

_NAMESPACE = UUID("6f1d4b0e-3a0a-5c57-9a43-5d1c7f6a2e10")


def new_id() -> UUID:
    """A new UUIDv7: its first 48 bits are the time, so rows written together lie together in an index."""
    return uuid7()


def derived_id(*parts: object) -> UUID:
    """The same UUID for the same parts, always: a second delivery of the same thing finds the first."""
    return uuid5(_NAMESPACE, "\x1f".join(str(part) for part in parts))


def parse_id(text: str) -> UUID | None:
    """The id that `text` spells, or None: to its reader an id that cannot exist is one that does not."""
    try:
        return UUID(text)
    except ValueError:
        return None
