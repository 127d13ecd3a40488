"""Which sale do returned goods belong to? No I/O.

Nothing in the retailer's data says it, so it is inferred: goods come back from the customer's newest sales first,
from those at the same price before all others, and never more than was sold. What is left has no sale on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from shared_models.orders.importing.invoices import InvoiceLine


class SoldLine(msgspec.Struct):
    """A line of an order of the customer; `left` units of it have not come back yet."""

    order_id: UUID
    position: int
    sku: str
    unit_price: int
    placed_at: datetime
    left: int
    variant_id: UUID | None = None


class Matched(msgspec.Struct, frozen=True):
    """So many units came back of a sold line, for so much each."""

    sold: SoldLine
    quantity: int
    unit_price: int


class Unmatched(msgspec.Struct, frozen=True):
    """So many units came back whose sale is not on record."""

    sku: str
    quantity: int
    unit_price: int


def match(
    returned: Iterable[InvoiceLine], sold: Sequence[SoldLine], returned_at: datetime
) -> tuple[list[Matched], list[Unmatched]]:
    """Distributes returned units over sold lines, whose `left` it reduces.

    A unit is refunded at the price of its return, but never at more than it was sold for.
    """
    matched: list[Matched] = []
    unmatched: list[Unmatched] = []
    for line in returned:
        open_units = line.quantity
        candidates = [one for one in sold if one.sku == line.sku and one.placed_at <= returned_at]
        candidates.sort(key=lambda one: (one.unit_price != line.unit_price, -one.placed_at.timestamp(), one.position))
        for candidate in candidates:
            quantity = min(open_units, candidate.left)
            if quantity:
                candidate.left -= quantity
                open_units -= quantity
                matched.append(Matched(candidate, quantity, min(line.unit_price, candidate.unit_price)))
        if open_units:
            unmatched.append(Unmatched(line.sku, open_units, line.unit_price))
    return matched, unmatched
