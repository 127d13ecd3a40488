"""Relay connections: a bounded page, an opaque cursor."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import msgspec

from shared_models.kernel.errors import BadInput

MAX_PAGE = 100
DEFAULT_PAGE = 20

Row = TypeVar("Row")


class Page(msgspec.Struct, Generic[Row], frozen=True):
    """One page of rows in order, the cursor of each, and whether there are more behind it."""

    rows: list[Row]
    cursors: list[str]
    has_next: bool


class BadCursor(BadInput):
    """What was given as `after` is not a cursor that this connection gave."""

    def __init__(self) -> None:
        super().__init__("`after` is not a cursor of this connection.")


def page_size(first: int | None) -> int:
    """`first` as asked, or the default; raises `BadInput` when it is not between 1 and 100."""
    if first is None:
        return DEFAULT_PAGE
    if not 1 <= first <= MAX_PAGE:
        raise BadInput(f"`first` must be between 1 and {MAX_PAGE}, not {first}.", first=first)
    return first


def encode_cursor(*key: str) -> str:
    """An opaque cursor for a sort key."""
    return base64.urlsafe_b64encode("\x1f".join(key).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, parts: int) -> list[str]:
    """The sort key of a cursor of ours; raises `BadCursor` for anything else."""
    try:
        key = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("\x1f")
    except (binascii.Error, ValueError):
        key = []
    if len(key) != parts:
        raise BadCursor
    return key


def page_of(rows: Sequence[Row], size: int, cursor_of: Callable[[Row], str]) -> Page[Row]:
    """A page from `size + 1` rows asked of the database: the extra one only tells that there is more."""
    shown = list(rows[:size])
    return Page(shown, [cursor_of(row) for row in shown], len(rows) > size)
