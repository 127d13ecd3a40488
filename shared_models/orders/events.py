"""What orders tells: each step of an order's life."""

from typing import ClassVar
from uuid import UUID

import msgspec

from shared_models.kernel.events import Event
from shared_models.kernel.money import Money


class OrdersEvent(Event, frozen=True):
    """Base of the events of orders."""

    domain: ClassVar[str] = "orders"


class OrderedLine(msgspec.Struct, frozen=True):
    """A line as others need it. `variant_id` None: sold elsewhere under a SKU that the catalog does not know."""

    sku: str
    quantity: int
    variant_id: UUID | None = None


class OrderPlaced(OrdersEvent, frozen=True):
    """An order was accepted; nothing is reserved or paid yet. `source`: `web`, `import` or `shopify`."""

    order_id: UUID
    number: str
    lines: list[OrderedLine]
    total: Money
    source: str


class OrderReserved(OrdersEvent, frozen=True):
    """The order's stock is held: it may be charged, by `payment_method`.

    `payment_method` is the processor's token (`pm_card_visa`), or `external:<gateway>` for an order that was
    paid where it was placed.
    """

    order_id: UUID
    number: str
    total: Money
    payment_method: str


class OrderPaid(OrdersEvent, frozen=True):
    """The order is paid in full."""

    order_id: UUID
    total: Money


class OrderRejected(OrdersEvent, frozen=True):
    """The order ended for want of stock."""

    order_id: UUID
    reason: str


class OrderPaymentFailed(OrdersEvent, frozen=True):
    """The order ended for want of payment; its stock is on offer again."""

    order_id: UUID
    reason: str


class OrderCancelled(OrdersEvent, frozen=True):
    """A paid order was called off: to be refunded and put back into stock."""

    order_id: UUID
    lines: list[OrderedLine]
    total: Money


class OrderFulfilled(OrdersEvent, frozen=True):
    """The order has left the house."""

    order_id: UUID


class ReturnAccepted(OrdersEvent, frozen=True):
    """Goods of a paid order came back: refund `amount`, put the lines back into stock."""

    return_id: UUID
    order_id: UUID
    lines: list[OrderedLine]
    amount: Money


class CreditAccepted(OrdersEvent, frozen=True):
    """Goods came back whose sale is not on record here: grant the customer a credit of `amount`."""

    return_id: UUID
    customer: str
    amount: Money
