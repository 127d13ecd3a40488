"""What orders pushes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from uuid import UUID

import strawberry

from shared_models.kernel.errors import TrellisError
from shared_models.kernel.ids import parse_id
from shared_models.orders import repository
from shared_models.orders.models import Order as OrderRow
from shared_models.orders.state import FINAL
from subgraphs.edge.context import Context, Info
from subgraphs.orders.types import Order


class OrderNotFound(TrellisError):
    """The caller's tenant has no such order."""

    code = "NOT_FOUND"


@strawberry.type
class Subscription:
    """The subscriptions of orders. Each needs an authenticated caller."""

    @strawberry.subscription
    async def order_updated(self, info: Info, id: strawberry.ID) -> AsyncGenerator[Order, None]:
        """The order as it is, then each time that it has changed, until nothing can change any more.

        The record is what is shown: a live event, or the notice that some were missed, only says to look.
        """
        context = info.context
        identity = context.require()
        order_id = parse_id(id)
        if order_id is None:
            raise OrderNotFound("There is no such order.")
        async with context.services.live.listen(identity.tenant_id) as events:
            row = await _read(context, order_id)
            yield Order.of(row)
            while row.status not in FINAL:
                event = await events.get()
                if event is not None and event.payload.get("order_id") != str(order_id):
                    continue
                before, row = row, await _read(context, order_id)
                if row.updated_at != before.updated_at:
                    yield Order.of(row)


async def _read(context: Context, order_id: UUID) -> OrderRow:
    async with context.transaction() as session:
        row = (await repository.orders_by_id(session, [order_id])).get(order_id)
    if row is None:
        raise OrderNotFound("There is no such order.", order_id=order_id)
    return row
