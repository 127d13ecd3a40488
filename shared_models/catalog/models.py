"""Catalog's tables: what can be bought, how much of it there is, and what is held for whom."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Enum,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared_models.catalog.events import Offer
from shared_models.kernel.money import Money


def _words(kind: type[StrEnum]) -> Enum:
    """A column of text that holds one of the words of `kind`; the table's check constraint says the same."""
    return Enum(kind, native_enum=False, values_callable=lambda words: [word.value for word in words])


class Base(DeclarativeBase):
    """Base of catalog's tables."""


class Product(Base):
    """What a page of the shop is about; it is sold as one or more variants."""

    __tablename__ = "product"
    # The order of the list of products, so that a page is read from the index.
    __table_args__ = (Index("product_by_title", "tenant_id", "title", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Variant(Base):
    """What is sold: a SKU at a price. `stock` is what can still be sold; what is held for orders is not in it."""

    __tablename__ = "variant"
    __table_args__ = (
        UniqueConstraint("tenant_id", "sku", name="variant_sku"),
        CheckConstraint("stock >= 0", name="variant_stock_not_negative"),
        CheckConstraint("price_amount >= 0", name="variant_price_not_negative"),
        Index("variant_of_product", "product_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    sku: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    price_amount: Mapped[int] = mapped_column(Integer)
    price_currency: Mapped[str] = mapped_column(Text)
    stock: Mapped[int] = mapped_column(Integer)
    #: Counts the changes of what is offered (not of the stock), so that subscribers can tell old news from new.
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")

    @property
    def price(self) -> Money:
        """What one unit costs."""
        return Money(self.price_amount, self.price_currency)

    def offer(self) -> Offer:
        """This variant as other domains know it."""
        return Offer(self.id, self.product_id, self.sku, self.title, self.price, self.version)


class ReservationState(StrEnum):
    """What became of the units that an order asked for."""

    HELD = "HELD"
    COMMITTED = "COMMITTED"
    RELEASED = "RELEASED"
    RETURNED = "RETURNED"


class Reservation(Base):
    """Units of one variant that left `Variant.stock` for one order; `returned` of them have come back since."""

    __tablename__ = "reservation"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="reservation_of_something"),
        CheckConstraint("returned BETWEEN 0 AND quantity", name="reservation_returned_within"),
    )

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variant.id"), primary_key=True)
    tenant_id: Mapped[UUID]
    quantity: Mapped[int] = mapped_column(Integer)
    returned: Mapped[int] = mapped_column(Integer, server_default="0")
    state: Mapped[ReservationState] = mapped_column(
        _words(ReservationState), server_default=ReservationState.HELD.value
    )
