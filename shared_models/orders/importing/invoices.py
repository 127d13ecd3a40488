"""A retailer's file of invoices, once it has been read: what was sold, what came back, what was not kept and why."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from shared_models.kernel.errors import TrellisError
from shared_models.orders.models import ItemKind

#: The retailer's currency.
CURRENCY: Final = "GBP"

#: Whoever bought without giving a customer number.
GUEST: Final = "guest"


class Reason(StrEnum):
    """Why a line was not kept. The words are stable; `EXPLANATIONS` says them to people."""

    MALFORMED = "MALFORMED"
    NOT_A_PRODUCT = "NOT_A_PRODUCT"
    BAD_QUANTITY = "BAD_QUANTITY"
    STOCK_ADJUSTMENT = "STOCK_ADJUSTMENT"
    NO_PRICE = "NO_PRICE"
    AMOUNT_TOO_LARGE = "AMOUNT_TOO_LARGE"
    UNKNOWN_SKU = "UNKNOWN_SKU"


class Rejection(msgspec.Struct, frozen=True):
    """A line that was not kept. `line` counts the file's lines; the header is line 1."""

    line: int
    code: Reason
    reason: str


class InvoiceLine(msgspec.Struct, frozen=True):
    """A line that was kept. `quantity` is positive also in a cancellation; `unit_price` in pence.

    `title` empty: the file has none, the catalog's is taken.
    """

    line: int
    sku: str
    title: str
    quantity: int
    unit_price: int


class Invoice(msgspec.Struct, frozen=True):
    """One invoice of the file. `date` is in UTC."""

    number: str
    kind: ItemKind
    customer: str
    date: datetime
    lines: list[InvoiceLine]
    rejections: list[Rejection]


class InvoiceFile(msgspec.Struct, frozen=True):
    """A whole file. `digest`: SHA-256 of its bytes. `rejections`: lines that belong to no readable invoice."""

    digest: str
    invoices: list[Invoice]
    rejections: list[Rejection]


class FileRefused(TrellisError):
    """The file as a whole cannot be read as invoices."""

    code = "FILE_REFUSED"
