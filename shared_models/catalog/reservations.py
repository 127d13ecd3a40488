"""Stock reservations: an order gets all its units or none, and whatever it gives back can be sold again.

Events of one order come in any order and sometimes late; a step that has been done, or that came too late,
changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.catalog import repository
from shared_models.catalog.events import StockRejected, StockReleased, StockReserved
from shared_models.catalog.models import Reservation, ReservationState
from shared_models.kernel.mesh import emit

UNKNOWN_VARIANT = "UNKNOWN_VARIANT"
OUT_OF_STOCK = "OUT_OF_STOCK"


class Wanted:
    """The units of each variant that an order's lines ask for; lines of no variant are not stocked."""

    def __init__(self, lines: Sequence[tuple[UUID | None, str, int]]) -> None:
        self.quantities: Counter[UUID] = Counter()
        self._skus: dict[UUID, str] = {}
        for variant_id, sku, quantity in lines:
            if variant_id is not None:
                self.quantities[variant_id] += quantity
                self._skus[variant_id] = sku

    def refusal(self, stock: dict[UUID, int]) -> tuple[str, str] | None:
        """(sku, reason) of the first variant that `stock` cannot serve, None when it serves all."""
        for variant_id, quantity in self.quantities.items():
            if variant_id not in stock:
                return self._skus[variant_id], UNKNOWN_VARIANT
            if stock[variant_id] < quantity:
                return self._skus[variant_id], OUT_OF_STOCK
        return None


async def reserve(session: AsyncSession, order_id: UUID, wanted: Wanted) -> None:
    """Holds all that an order wants and emits `StockReserved`, or nothing and emits `StockRejected`."""
    if wanted.quantities:
        locked = await repository.lock_stock(session, order_id, list(wanted.quantities))
        if any(reserved for *_, reserved in locked):
            return
        refusal = wanted.refusal({variant_id: stock for variant_id, stock, _ in locked})
        if refusal:
            sku, reason = refusal
            await emit(session, StockRejected(order_id, sku, reason))
            return
        await repository.hold(session, order_id, wanted.quantities)
    await emit(session, StockReserved(order_id))


async def commit(session: AsyncSession, order_id: UUID) -> None:
    """The order is paid: what it holds is sold."""
    await repository.commit_reservation(session, order_id)


async def release(session: AsyncSession, order_id: UUID, reason: str) -> None:
    """The payment failed: what the order holds is on offer again. Emits `StockReleased`."""
    held = await repository.lock_reservation(session, order_id)
    units = {row.variant_id: _outstanding(row) for row in held if row.state == ReservationState.HELD}
    if units:
        await repository.put_back(session, order_id, units, ReservationState.RELEASED)
    await emit(session, StockReleased(order_id, reason))


async def take_back_all(session: AsyncSession, order_id: UUID) -> None:
    """The order was called off: whatever it has not returned yet is on offer again."""
    rows = await repository.lock_reservation(session, order_id)
    units = {row.variant_id: _outstanding(row) for row in rows if _outstanding(row)}
    if units:
        await repository.put_back(session, order_id, units, ReservationState.RETURNED)


async def take_back(session: AsyncSession, order_id: UUID, returned: Wanted) -> None:
    """Goods of the order came back; never more than it took."""
    rows = await repository.lock_reservation(session, order_id)
    units = {row.variant_id: min(returned.quantities[row.variant_id], _outstanding(row)) for row in rows}
    units = {variant_id: number for variant_id, number in units.items() if number}
    if units:
        await repository.put_back(session, order_id, units, ReservationState.RETURNED)


def _outstanding(reservation: Reservation) -> int:
    return reservation.quantity - reservation.returned
