"""Cursors of lists of orders: the time and the id of an order."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from shared_models.kernel.pagination import BadCursor, decode_cursor, encode_cursor
from shared_models.orders.models import Order
from shared_models.orders.repository import Position


def cursor_of(order: Order) -> str:
    """The cursor that lists continue behind."""
    return encode_cursor(order.placed_at.isoformat(), str(order.id))


def position_of(cursor: str | None) -> Position | None:
    """Where a list continues; raises `BadInput` for what is no cursor of ours."""
    if cursor is None:
        return None
    placed_at, id = decode_cursor(cursor, 2)
    try:
        time = datetime.fromisoformat(placed_at)
        if time.tzinfo is None:
            raise ValueError(placed_at)
        return time, UUID(id)
    except ValueError:
        raise BadCursor from None
