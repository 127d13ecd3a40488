"""The tables of orders."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Enum, ForeignKey, Integer, LargeBinary, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared_models.kernel.money import Money
from shared_models.orders.state import OrderStatus


def _words(kind: type[StrEnum]) -> Enum:
    """A column of text that holds one of the words of `kind`; the table's check constraint says the same."""
    return Enum(kind, native_enum=False, values_callable=lambda words: [word.value for word in words])


class Base(DeclarativeBase):
    """Base of the tables of orders."""


class OrderSource(StrEnum):
    """Where an order was placed."""

    WEB = "web"
    IMPORT = "import"
    SHOPIFY = "shopify"


class OfferReplica(Base):
    """What orders knows of the catalog: enough to price a line without asking. Kept by `OffersPublished`."""

    __tablename__ = "offer"

    variant_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    product_id: Mapped[UUID]
    sku: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    price_amount: Mapped[int] = mapped_column(Integer)
    price_currency: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)


class Order(Base):
    """An order. Named `sales_order` in SQL, where `order` is a reserved word."""

    __tablename__ = "sales_order"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    number: Mapped[str] = mapped_column(Text, server_default=text("'T-' || nextval('order_number')"))
    status: Mapped[OrderStatus] = mapped_column(_words(OrderStatus), server_default=OrderStatus.PLACED.value)
    source: Mapped[OrderSource] = mapped_column(_words(OrderSource))
    #: The id that it has where it comes from: an invoice number, a shop's order id.
    external_id: Mapped[str | None] = mapped_column(Text)
    idempotency_key: Mapped[str | None] = mapped_column(Text)
    #: SHA-256 of what was asked under the key, so that another request under the same key is noticed.
    request_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    payment_method: Mapped[str] = mapped_column(Text)
    total_amount: Mapped[int] = mapped_column(Integer)
    currency: Mapped[str] = mapped_column(Text)
    #: Whoever bought, as the source names them; people of this platform are `placed_by`.
    customer: Mapped[str | None] = mapped_column(Text)
    placed_by: Mapped[UUID | None]
    placed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    failure_reason: Mapped[str | None] = mapped_column(Text)
    #: What the source says beside: kept as data, decides nothing.
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))

    @property
    def total(self) -> Money:
        """What the order costs altogether."""
        return Money(self.total_amount, self.currency)


class OrderLine(Base):
    """A line of an order, in the order's currency. It outlives the product: title and price are its own."""

    __tablename__ = "order_line"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    tenant_id: Mapped[UUID]
    variant_id: Mapped[UUID | None]
    sku: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(Integer)
    unit_price: Mapped[int] = mapped_column(Integer)
    #: How many of `quantity` came back.
    returned: Mapped[int] = mapped_column(Integer, server_default="0")


class ReturnState(StrEnum):
    """Whether the money of a return is back with the customer."""

    PENDING = "PENDING"
    SETTLED = "SETTLED"
    #: The processor would not return the money: somebody has to.
    FAILED = "FAILED"


class OrderReturn(Base):
    """Goods that came back: of an order, or, without one, of a sale that is not on record."""

    __tablename__ = "order_return"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("sales_order.id"))
    #: The number of the cancellation that it comes from.
    external_id: Mapped[str] = mapped_column(Text)
    customer: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(Integer)
    currency: Mapped[str] = mapped_column(Text)
    #: `[{sku, quantity, unit_price}]`
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    state: Mapped[ReturnState] = mapped_column(_words(ReturnState), server_default=ReturnState.PENDING.value)
    returned_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class OrderImport(Base):
    """A file of invoices that is, or was, imported; its id is derived from its content."""

    __tablename__ = "order_import"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    source_name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    #: Whether every invoice of the file has its item: until then the import is not known as a whole.
    sealed: Mapped[bool] = mapped_column(server_default=text("false"))
    #: Lines that belong to no invoice: `[{line, code, reason}]`.
    rejections: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))


class ItemKind(StrEnum):
    """What an invoice of a file is."""

    SALE = "SALE"
    CANCELLATION = "CANCELLATION"


class ItemState(StrEnum):
    """Where an invoice of a file stands. EMPTY: none of its lines could be kept."""

    PENDING = "PENDING"
    DONE = "DONE"
    EMPTY = "EMPTY"


class OrderImportItem(Base):
    """One invoice of a file: what it says, and what became of it."""

    __tablename__ = "order_import_item"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("order_import.id"), primary_key=True)
    number: Mapped[str] = mapped_column(Text, primary_key=True)
    tenant_id: Mapped[UUID]
    kind: Mapped[ItemKind] = mapped_column(_words(ItemKind))
    state: Mapped[ItemState] = mapped_column(_words(ItemState), server_default=ItemState.PENDING.value)
    #: The invoice as parsed; see `importing.invoices.Invoice`.
    invoice: Mapped[dict[str, Any]] = mapped_column(JSONB)
    #: The order of a sale; it may have been placed by another file that has the same invoice.
    order_id: Mapped[UUID | None]
    #: Lines that were not kept: `[{line, code, reason}]`.
    rejections: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
