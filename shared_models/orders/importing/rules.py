"""What a line of the retailer's file means, and which lines are not kept. No I/O.

The rules, in the order in which they are asked; the first that is broken names the reason:

1. MALFORMED: another number of columns than the header has; no invoice number, stock code, date or price of the
   usual form; controls in the description.
2. BAD_QUANTITY: the quantity is no whole number, or 0, or beyond a million, or positive in a cancellation.
3. NOT_A_PRODUCT: the stock code is not five digits with up to three letters: postage, discounts, fees, vouchers.
4. STOCK_ADJUSTMENT: a negative quantity outside a cancellation: the retailer's own bookkeeping.
5. NO_PRICE: the price is not at least half a penny: gifts, losses, write-offs.
6. AMOUNT_TOO_LARGE: the invoice's total is beyond what an amount can be.

A line without a customer is kept, as a guest's; one without a description is kept, under the catalog's title.
An invoice whose number begins with C is a cancellation: its lines, all negative, are goods that came back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from shared_models.orders.basket import MAX_QUANTITY
from shared_models.orders.importing.invoices import GUEST, InvoiceLine, Reason, Rejection
from shared_models.orders.models import ItemKind

RETAILER_ZONE: Final = ZoneInfo("Europe/London")
_INVOICE = re.compile(r"[A-Za-z]?[0-9]{1,12}")
_PRODUCT = re.compile(r"[0-9]{5}[A-Za-z]{0,3}")
_CODE = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,63}")
_WHOLE = re.compile(r"-?[0-9]{1,12}(\.0+)?")
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?")
_CUSTOMER = re.compile(r"([0-9A-Za-z-]{1,32}?)(\.0+)?")
_MAX_TITLE = 500
_YEARS = range(1970, 2101)


class Row(msgspec.Struct, frozen=True):
    """A kept line, and what it says about its invoice."""

    invoice: str
    kind: ItemKind
    customer: str
    date: datetime
    line: InvoiceLine


class Broken(msgspec.Struct, frozen=True):
    """A line that was not kept; `invoice` None when it names none, else with what it says of that invoice."""

    rejection: Rejection
    invoice: str | None = None
    kind: ItemKind | None = None
    date: datetime | None = None
    customer: str = GUEST


def read_row(line: int, fields: Mapping[str, str]) -> Row | Broken:
    """Judges one line by the rules above. `fields` are the columns by their canonical names."""
    number = fields["InvoiceNo"].strip().upper()
    if not _INVOICE.fullmatch(number):
        return Broken(Rejection(line, Reason.MALFORMED, "no invoice number"))
    kind = ItemKind.CANCELLATION if number.startswith("C") else ItemKind.SALE
    date = read_date(fields["InvoiceDate"].strip())
    customer = _CUSTOMER.fullmatch(fields["CustomerID"].strip())
    named = customer[1] if customer else GUEST

    def broken(code: Reason, reason: str) -> Broken:
        return Broken(Rejection(line, code, reason), number, kind, date, named)

    if date is None:
        return broken(Reason.MALFORMED, f"{_short(fields['InvoiceDate'])} is no date")
    if fields["CustomerID"].strip() and not customer:
        return broken(Reason.MALFORMED, f"{_short(fields['CustomerID'])} is no customer number")
    judged = _line(line, fields, kind)
    if isinstance(judged, InvoiceLine):
        return Row(number, kind, named, date, judged)
    return broken(*judged)


def _line(line: int, fields: Mapping[str, str], kind: ItemKind) -> InvoiceLine | tuple[Reason, str]:
    sku, quantity, price = (fields[name].strip() for name in ("StockCode", "Quantity", "UnitPrice"))
    title = " ".join(fields["Description"].split())
    objection = next(_objections(sku, title, quantity, price, kind), None)
    return objection or InvoiceLine(line, sku.upper(), title, abs(_whole(quantity)), to_pence(price))


def _objections(sku: str, title: str, quantity: str, price: str, kind: ItemKind) -> Iterator[tuple[Reason, str]]:
    """What is wrong with a line, in the order of the rules; behind the first nothing is well-formed any more."""
    if not _CODE.fullmatch(sku):
        yield Reason.MALFORMED, "no stock code"
    if not _is_text(title):
        yield Reason.MALFORMED, "the description is too long, or holds control characters"
    if not _NUMBER.fullmatch(price):
        yield Reason.MALFORMED, f"{_short(price)} is no price"
    if not _WHOLE.fullmatch(quantity):
        yield Reason.BAD_QUANTITY, f"{_short(quantity)} is no whole number"
    units = _whole(quantity)
    if not 1 <= abs(units) <= MAX_QUANTITY:
        yield Reason.BAD_QUANTITY, f"{units} is not between 1 and {MAX_QUANTITY}"
    if not _PRODUCT.fullmatch(sku):
        yield Reason.NOT_A_PRODUCT, f"{sku} ({title or 'no description'}) is no product"
    if kind is ItemKind.SALE and units < 0:
        yield Reason.STOCK_ADJUSTMENT, f"{units} units outside a cancellation"
    if kind is ItemKind.CANCELLATION and units > 0:
        yield Reason.BAD_QUANTITY, f"{units} units sold in a cancellation"
    if to_pence(price) <= 0:
        yield Reason.NO_PRICE, f"{sku} at a price of {price}"


def _whole(quantity: str) -> int:
    return int(Decimal(quantity))


def to_pence(price: str) -> int:
    """A price in pounds as whole pence, half a penny up."""
    return int((Decimal(price) * 100).quantize(Decimal(1), ROUND_HALF_UP))


def is_product(stock_code: str) -> bool:
    """Whether a stock code is that of goods."""
    return _PRODUCT.fullmatch(stock_code) is not None


def read_date(text: str) -> datetime | None:
    """A date in the retailer's zone, in UTC; an hour that occurs twice is taken the first time."""
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        return None
    if local.year not in _YEARS:
        return None
    return (local if local.tzinfo else local.replace(tzinfo=RETAILER_ZONE)).astimezone(UTC)


def _is_text(title: str) -> bool:
    return len(title) <= _MAX_TITLE and not any(unicodedata.category(char) in {"Cc", "Cs"} for char in title)


def _short(text: str) -> str:
    """A value as it may be shown: quoted, cut, without controls."""
    return ascii(text[:20] + ("..." if len(text) > 20 else ""))
