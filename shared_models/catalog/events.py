"""What catalog tells: what is on offer, and what became of the stock that an order asked for."""

from typing import ClassVar
from uuid import UUID

import msgspec

from shared_models.kernel.events import Event
from shared_models.kernel.money import Money


class CatalogEvent(Event, frozen=True):
    """Base of the events of catalog."""

    domain: ClassVar[str] = "catalog"


class Offer(msgspec.Struct, frozen=True):
    """A variant as others may sell it. A price of zero means that it cannot be ordered.

    `version` grows with every change of the variant: events may overtake each other, the higher one is the truth.
    """

    variant_id: UUID
    product_id: UUID
    sku: str
    title: str
    price: Money
    version: int = 0


class OffersPublished(CatalogEvent, frozen=True):
    """Variants came on offer or changed; at most 200 in one event."""

    offers: list[Offer]


class StockAdjusted(CatalogEvent, frozen=True):
    """Somebody counted, received or wrote off stock."""

    variant_id: UUID
    product_id: UUID
    sku: str
    delta: int
    stock: int


class StockReserved(CatalogEvent, frozen=True):
    """All lines of an order are held for it."""

    order_id: UUID


class StockRejected(CatalogEvent, frozen=True):
    """An order asks for more than there is; nothing is held."""

    order_id: UUID
    sku: str
    reason: str


class StockReleased(CatalogEvent, frozen=True):
    """What was held for an order is on offer again, because its payment failed."""

    order_id: UUID
    reason: str
