"""Orders' part in an order's life: it moves when others tell what they did."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.billing.events import CreditGranted, PaymentCaptured, PaymentRefunded, RefundFailed
from shared_models.catalog.events import OffersPublished, StockRejected, StockReleased, StockReserved
from shared_models.orders import service
from shared_models.orders.basket import KnownOffer
from shared_models.orders.importing import returns
from shared_models.orders.importing import service as importing
from shared_models.orders.jobs import ImportCancellation, ImportCancellations, ImportInvoice
from workers.mesh.actors import ActorSet, Delivery
from workers.mesh.outcomes import Snooze

actors = ActorSet("orders")

#: Steps of orders that share a transaction under load: each touches the row of its own order alone.
_TOGETHER = 20

#: How long an import's cancellations wait before they look again whether its sales are settled.
_SETTLING_SECONDS = 0.5


@actors.on(OffersPublished)
async def keep_offers(session: AsyncSession, delivery: Delivery[OffersPublished]) -> None:
    """Remembers what the catalog offers, to price orders without asking."""
    offers = [
        KnownOffer(offer.variant_id, offer.product_id, offer.sku, offer.title, offer.price, offer.version)
        for offer in delivery.payload.offers
    ]
    await service.keep_offers(session, offers)


@actors.on(StockReserved, together=_TOGETHER)
async def mark_reserved(session: AsyncSession, delivery: Delivery[StockReserved]) -> None:
    """The order may be charged."""
    await service.mark_reserved(session, delivery.payload.order_id)


@actors.on(StockRejected)
async def reject(session: AsyncSession, delivery: Delivery[StockRejected]) -> None:
    """The order ends for want of stock."""
    event = delivery.payload
    await service.reject(session, event.order_id, f"{event.reason}: {event.sku}")


@actors.on(PaymentCaptured, together=_TOGETHER)
async def mark_paid(session: AsyncSession, delivery: Delivery[PaymentCaptured]) -> None:
    """The order is paid."""
    await service.mark_paid(session, delivery.payload.order_id)


@actors.on(StockReleased)
async def fail_payment(session: AsyncSession, delivery: Delivery[StockReleased]) -> None:
    """The order ends for want of payment, once its stock is on offer again."""
    await service.fail_payment(session, delivery.payload.order_id, delivery.payload.reason)


@actors.on(PaymentRefunded)
async def settle_refund(session: AsyncSession, delivery: Delivery[PaymentRefunded]) -> None:
    """The return's money is back with the customer."""
    if delivery.payload.return_id is not None:
        await returns.settle(session, delivery.payload.return_id)


@actors.on(RefundFailed)
async def fail_refund(session: AsyncSession, delivery: Delivery[RefundFailed]) -> None:
    """The return's money did not go back: the import tells of it."""
    if delivery.payload.return_id is not None:
        await returns.fail(session, delivery.payload.return_id)


@actors.on(CreditGranted)
async def settle_credit(session: AsyncSession, delivery: Delivery[CreditGranted]) -> None:
    """The return's worth is the customer's credit."""
    await returns.settle(session, delivery.payload.return_id)


@actors.performs(ImportInvoice)
async def import_invoice(session: AsyncSession, delivery: Delivery[ImportInvoice]) -> None:
    """Places the order of one invoice of a file."""
    await importing.import_invoice(session, delivery.payload.import_id, delivery.payload.number)


@actors.performs(ImportCancellations)
async def import_cancellations(session: AsyncSession, delivery: Delivery[ImportCancellations]) -> None:
    """Lets the file's cancellations follow its sales."""
    if not await importing.release_cancellations(session, delivery.payload.import_id):
        raise Snooze(_SETTLING_SECONDS, "sales of the import are not settled")


@actors.performs(ImportCancellation)
async def import_cancellation(session: AsyncSession, delivery: Delivery[ImportCancellation]) -> None:
    """Takes back the goods of one cancellation of a file."""
    await importing.import_cancellation(session, delivery.payload.import_id, delivery.payload.number)
