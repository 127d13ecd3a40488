"""An order's life as a table: which status may follow which. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared_models.kernel.errors import UserError


class OrderStatus(StrEnum):
    """Where an order stands."""

    PLACED = "PLACED"
    RESERVED = "RESERVED"
    PAID = "PAID"
    FULFILLED = "FULFILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    PAYMENT_FAILED = "PAYMENT_FAILED"


TRANSITIONS: Final[Mapping[OrderStatus, frozenset[OrderStatus]]] = {
    OrderStatus.PLACED: frozenset({OrderStatus.RESERVED, OrderStatus.REJECTED}),
    OrderStatus.RESERVED: frozenset({OrderStatus.PAID, OrderStatus.PAYMENT_FAILED}),
    OrderStatus.PAID: frozenset({OrderStatus.FULFILLED, OrderStatus.CANCELLED}),
    OrderStatus.FULFILLED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
    OrderStatus.REJECTED: frozenset(),
    OrderStatus.PAYMENT_FAILED: frozenset(),
}

#: Nothing follows these.
FINAL: Final = frozenset(status for status, following in TRANSITIONS.items() if not following)

#: The saga is over: nothing changes any more unless a person changes it.
SETTLED: Final = FINAL | {OrderStatus.PAID}

#: Goods were sold and, but for returns, stay sold.
SOLD: Final = frozenset({OrderStatus.PAID, OrderStatus.FULFILLED})


class IllegalTransition(UserError):
    """An order was asked to become what it cannot become from where it stands."""

    def __init__(self, order_id: UUID, status: OrderStatus, target: OrderStatus) -> None:
        super().__init__(
            "ILLEGAL_TRANSITION",
            f"An order that is {status} cannot become {target}.",
            ["id"],
            order_id=order_id,
            status=status.value,
            target=target.value,
        )


def sources(target: OrderStatus) -> frozenset[OrderStatus]:
    """The statuses from which an order may become `target`."""
    return frozenset(status for status, following in TRANSITIONS.items() if target in following)
