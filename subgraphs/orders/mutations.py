"""What orders can be told to do."""

from __future__ import annotations

from uuid import UUID

import strawberry

from shared_models.kernel.errors import UserError
from shared_models.kernel.identity import Role
from shared_models.kernel.ids import parse_id
from shared_models.orders import basket, service
from subgraphs.edge.context import Info
from subgraphs.edge.payloads import Payload, payload
from subgraphs.orders.types import Order


@strawberry.input
class PlaceOrderLineInput:
    """So many units of a SKU; lines of one SKU are merged."""

    sku: str
    quantity: int


@strawberry.input
class PlaceOrderInput:
    """An order. The same `idempotencyKey` returns the same order, however often it is sent."""

    idempotency_key: str
    payment_method: str
    lines: list[PlaceOrderLineInput]


@strawberry.input
class CancelOrderInput:
    """The order to call off."""

    id: strawberry.ID


@strawberry.input
class FulfilOrderInput:
    """The order that has left the house."""

    id: strawberry.ID


@strawberry.type
class PlaceOrderPayload(Payload):
    """The order, PLACED; it moves on by itself."""

    order: Order | None = None


@strawberry.type
class CancelOrderPayload(Payload):
    """The order, CANCELLED."""

    order: Order | None = None


@strawberry.type
class FulfilOrderPayload(Payload):
    """The order, FULFILLED."""

    order: Order | None = None


@strawberry.type
class Mutation:
    """The mutations of orders. Each needs an authenticated caller."""

    @strawberry.mutation
    @payload(PlaceOrderPayload)
    async def place_order(self, info: Info, input: PlaceOrderInput) -> PlaceOrderPayload:
        """Places an order at today's prices."""
        info.context.require()
        filled = basket.fill(
            input.idempotency_key, input.payment_method, [(line.sku, line.quantity) for line in input.lines]
        )
        async with info.context.transaction() as session:
            row = await service.place_order(session, filled)
        return PlaceOrderPayload(order=Order.of(row))

    @strawberry.mutation
    @payload(CancelOrderPayload)
    async def cancel_order(self, info: Info, input: CancelOrderInput) -> CancelOrderPayload:
        """Calls off a paid order: it is refunded, and its goods are on offer again."""
        info.context.require(Role.STAFF)
        async with info.context.transaction() as session:
            row = await service.cancel(session, _order_id(input.id))
        return CancelOrderPayload(order=Order.of(row))

    @strawberry.mutation
    @payload(FulfilOrderPayload)
    async def fulfil_order(self, info: Info, input: FulfilOrderInput) -> FulfilOrderPayload:
        """Says that a paid order has left the house."""
        info.context.require(Role.STAFF)
        async with info.context.transaction() as session:
            row = await service.fulfil(session, _order_id(input.id))
        return FulfilOrderPayload(order=Order.of(row))


def _order_id(spelled: str) -> UUID:
    order_id = parse_id(spelled)
    if order_id is None:
        raise UserError("NOT_FOUND", "There is no such order.", ["id"])
    return order_id
