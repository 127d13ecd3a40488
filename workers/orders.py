"""Orders' part in an order's life: it moves when others tell what they did."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.billing.events import PaymentCaptured
from shared_models.catalog.events import OffersPublished, StockRejected, StockReleased, StockReserved
from shared_models.orders import service
from shared_models.orders.basket import KnownOffer
from workers.mesh.actors import ActorSet, Delivery

actors = ActorSet("orders")


@actors.on(OffersPublished)
async def keep_offers(session: AsyncSession, delivery: Delivery[OffersPublished]) -> None:
    """Remembers what the catalog offers, to price orders without asking."""
    offers = [
        KnownOffer(offer.variant_id, offer.product_id, offer.sku, offer.title, offer.price, offer.version)
        for offer in delivery.payload.offers
    ]
    await service.keep_offers(session, offers)


@actors.on(StockReserved)
async def mark_reserved(session: AsyncSession, delivery: Delivery[StockReserved]) -> None:
    """The order may be charged."""
    await service.mark_reserved(session, delivery.payload.order_id)


@actors.on(StockRejected)
async def reject(session: AsyncSession, delivery: Delivery[StockRejected]) -> None:
    """The order ends for want of stock."""
    event = delivery.payload
    await service.reject(session, event.order_id, f"{event.reason}: {event.sku}")


@actors.on(PaymentCaptured)
async def mark_paid(session: AsyncSession, delivery: Delivery[PaymentCaptured]) -> None:
    """The order is paid."""
    await service.mark_paid(session, delivery.payload.order_id)


@actors.on(StockReleased)
async def fail_payment(session: AsyncSession, delivery: Delivery[StockReleased]) -> None:
    """The order ends for want of payment, once its stock is on offer again."""
    await service.fail_payment(session, delivery.payload.order_id, delivery.payload.reason)
