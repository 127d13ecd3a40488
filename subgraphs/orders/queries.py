"""What can be asked of orders."""

from __future__ import annotations

import strawberry

from shared_models.kernel.pagination import page_of, page_size
from shared_models.orders import repository
from shared_models.orders.models import OrderSource
from shared_models.orders.state import OrderStatus
from subgraphs.edge.connections import Connection, connection
from subgraphs.edge.context import Info
from subgraphs.orders import loaders
from subgraphs.orders.positions import cursor_of, position_of
from subgraphs.orders.types import Order


@strawberry.input
class OrderFilterInput:
    """Which orders to list."""

    status: OrderStatus | None = None
    source: OrderSource | None = None


@strawberry.type
class Query:
    """The queries of orders. Each needs an authenticated caller."""

    @strawberry.field
    async def order(self, info: Info, id: strawberry.ID) -> Order | None:
        """An order of the caller's tenant."""
        info.context.require()
        row = await info.context.load_by_id(loaders.load_orders, id)
        return Order.of(row) if row else None

    @strawberry.field
    async def orders(
        self,
        info: Info,
        filter: OrderFilterInput | None = None,
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[Order]:
        """The tenant's orders, newest first."""
        size, position = page_size(first), position_of(after)
        wanted = repository.OrderFilter(filter.status, filter.source) if filter else repository.OrderFilter()

        async def count() -> int:
            async with info.context.transaction() as session:
                return await repository.count_orders(session, wanted)

        async with info.context.transaction() as session:
            rows = await repository.list_orders(session, wanted, size + 1, position)
        return connection(page_of(rows, size, cursor_of), Order.of, count)
