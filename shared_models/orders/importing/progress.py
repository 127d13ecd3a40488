"""How far an import is."""

from __future__ import annotations

from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.orders.importing import repository
from shared_models.orders.importing.invoices import Rejection
from shared_models.orders.models import ItemKind, ItemState, ReturnState
from shared_models.orders.state import SETTLED, OrderStatus


class Tally(msgspec.Struct, frozen=True):
    """So many, worth so many pence altogether."""

    count: int = 0
    pence: int = 0


class ImportProgress(msgspec.Struct, frozen=True):
    """An import at one moment. `failed`: what was given up, as (invoice number, why)."""

    sealed: bool
    invoices: int
    sales: int
    cancellations: int
    done: int
    empty: int
    orders: dict[OrderStatus, Tally]
    refunds: Tally
    credits: Tally
    returns_pending: int
    failed: list[tuple[str, str]]

    @property
    def orders_pending(self) -> int:
        """How many orders are still on their way."""
        return sum(tally.count for status, tally in self.orders.items() if status not in SETTLED)

    @property
    def finished(self) -> bool:
        """Whether nothing of the import is left to happen: every order is settled, every return paid back."""
        left = self.invoices - self.done - self.empty - len(self.failed)
        return self.sealed and left <= 0 and not self.orders_pending and not self.returns_pending


async def progress(session: AsyncSession, import_id: UUID) -> ImportProgress | None:
    """How far an import is; None when there is none of this id."""
    found = await repository.find_import(session, import_id)
    if found is None:
        return None
    items = await repository.count_items(session, import_id)
    returns = await repository.count_returns(session, import_id)

    def number(kind: ItemKind | None = None, state: ItemState | None = None) -> int:
        return sum(n for (k, s), n in items.items() if kind in (None, k) and state in (None, s))

    def worth(*, credit: bool) -> Tally:
        rows = [(count, pence) for is_credit, _, count, pence in returns if is_credit is credit]
        return Tally(sum(count for count, _ in rows), sum(pence for _, pence in rows))

    return ImportProgress(
        sealed=found.sealed,
        invoices=number(),
        sales=number(ItemKind.SALE),
        cancellations=number(ItemKind.CANCELLATION),
        done=number(state=ItemState.DONE),
        empty=number(state=ItemState.EMPTY),
        orders={s: Tally(*tally) for s, tally in (await repository.count_orders(session, import_id)).items()},
        refunds=worth(credit=False),
        credits=worth(credit=True),
        returns_pending=sum(count for _, state, count, _ in returns if state is ReturnState.PENDING),
        failed=[
            *await repository.dead_jobs(session, import_id),
            *((number, "REFUND_FAILED") for number in await repository.failed_returns(session, import_id)),
        ],
    )


async def rejections(session: AsyncSession, import_id: UUID) -> list[Rejection]:
    """Every line of the file that was not kept, with its reason, in order of lines."""
    return await repository.rejections(session, import_id)
