"""Imports: a file becomes items, each item a job, each job an order or a return; done twice is done once.

An order is known by its invoice number, a return by its cancellation's: another file with the same invoice finds
them, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.database import scope_of
from shared_models.kernel.ids import derived_id, new_id
from shared_models.kernel.mesh import enqueue, enqueue_all
from shared_models.kernel.money import Money
from shared_models.orders import repository as orders
from shared_models.orders.basket import KnownOffer, Placement, PricedLine
from shared_models.orders.importing import repository
from shared_models.orders.importing.invoices import CURRENCY, Invoice, InvoiceFile, InvoiceLine, Reason, Rejection
from shared_models.orders.importing.returns import accept
from shared_models.orders.jobs import ImportCancellation, ImportCancellations, ImportInvoice
from shared_models.orders.models import ItemKind, ItemState, OrderImportItem, OrderSource
from shared_models.orders.service import place_external

#: Imported sales were paid long ago; they are charged to the processor's test card.
PAYMENT_METHOD = "pm_card_visa"


async def begin(session: AsyncSession, file: InvoiceFile, source_name: str) -> tuple[UUID, bool]:
    """Records that a file is imported: the import's id, and whether it is new.

    Of a file that was imported before, those invoices are tried again of which nothing could be kept because the
    catalog did not know the goods: it may know them now.
    """
    import_id = derived_id("order-import", scope_of(session).tenant_id, file.digest)
    is_new = await repository.insert_import(session, import_id, source_name, file.rejections)
    if not is_new:
        revived = await repository.revive_unknown(session, import_id)
        sales = [number for number, kind in revived if kind is ItemKind.SALE]
        await enqueue_all(session, [(ImportInvoice(import_id, number), new_id()) for number in sales])
        if len(sales) < len(revived):
            await enqueue(session, ImportCancellations(import_id))
    return import_id, is_new


async def add_invoices(session: AsyncSession, import_id: UUID, invoices: Sequence[Invoice]) -> None:
    """Records some of the file's invoices and enqueues the sales among them; those recorded before stay.

    `invoices` must not be empty.
    """
    await repository.insert_items(session, import_id, invoices)
    await enqueue_all(
        session,
        [
            (ImportInvoice(import_id, invoice.number), derived_id("import", import_id, invoice.number))
            for invoice in invoices
            if invoice.kind is ItemKind.SALE and invoice.lines
        ],
    )


async def seal(session: AsyncSession, import_id: UUID) -> None:
    """Every invoice has been added: cancellations follow when all sales are settled."""
    await repository.seal(session, import_id)
    await enqueue(session, ImportCancellations(import_id), job_id=derived_id("import-cancellations", import_id))


async def import_invoice(session: AsyncSession, import_id: UUID, number: str) -> None:
    """Places the order of an invoice, at its own prices and date, with those lines that the catalog knows."""
    item = await repository.lock_item(session, import_id, number)
    if item is None or item.state is not ItemState.PENDING:
        return
    invoice = msgspec.convert(item.invoice, Invoice)
    offers = await orders.offers_by_sku(session, [line.sku for line in invoice.lines])
    lines = _known(item, invoice, offers)
    if lines:
        total = Money(sum(line.quantity * line.unit_price for line in lines), CURRENCY)
        placement = Placement(
            lines=[_priced(line, offers[line.sku]) for line in lines],
            total=total,
            payment_method=PAYMENT_METHOD,
            source=OrderSource.IMPORT,
            external_id=invoice.number,
            customer=invoice.customer,
            placed_at=invoice.date,
        )
        item.order_id = (await place_external(session, placement)).order.id
    item.state = ItemState.DONE if lines else ItemState.EMPTY
    await session.flush()


async def release_cancellations(session: AsyncSession, import_id: UUID) -> bool:
    """Enqueues the import's cancellations; False, and nothing done, while a sale of it is not settled."""
    pending = set(await repository.pending_numbers(session, import_id, ItemKind.SALE))
    dead = {number for number, _ in await repository.dead_jobs(session, import_id)}
    if pending - dead or await repository.has_unsettled_orders(session, import_id):
        return False
    numbers = await repository.pending_numbers(session, import_id, ItemKind.CANCELLATION)
    await enqueue_all(
        session,
        [(ImportCancellation(import_id, number), new_id()) for number in numbers],
    )
    return True


async def import_cancellation(session: AsyncSession, import_id: UUID, number: str) -> None:
    """Takes back the goods of a cancellation."""
    item = await repository.lock_item(session, import_id, number)
    if item is None or item.state is not ItemState.PENDING:
        return
    invoice = msgspec.convert(item.invoice, Invoice)
    offers = await orders.offers_by_sku(session, [line.sku for line in invoice.lines])
    lines = _known(item, invoice, offers)
    if lines:
        await accept(session, invoice, lines)
    item.state = ItemState.DONE if lines else ItemState.EMPTY
    await session.flush()


def _known(item: OrderImportItem, invoice: Invoice, offers: dict[str, KnownOffer]) -> list[InvoiceLine]:
    """The lines that the catalog knows; the others are added to the item's rejections."""
    unknown = [
        Rejection(line.line, Reason.UNKNOWN_SKU, f"{line.sku} is not in the catalog")
        for line in invoice.lines
        if line.sku not in offers
    ]
    item.rejections = [*item.rejections, *msgspec.to_builtins(unknown)]
    return [line for line in invoice.lines if line.sku in offers]


def _priced(line: InvoiceLine, offer: KnownOffer) -> PricedLine:
    return PricedLine(line.sku, line.title or offer.title, line.quantity, line.unit_price, offer.variant_id)
