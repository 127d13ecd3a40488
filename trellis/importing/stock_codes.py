"""What a retailer's file of invoices says about the goods: their codes, names and prices. No database."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path

from shared_models.catalog.service import ListedProduct
from shared_models.kernel.money import MAX_AMOUNT, Money
from shared_models.orders.importing.invoices import CURRENCY
from shared_models.orders.importing.reading import read_records
from shared_models.orders.importing.rules import read_date, to_pence

#: Units in stock of each listed product: enough to replay the invoices that it was listed from.
STOCK = 10_000

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]{0,63}")
_PRICE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,12})?")


def list_products(path: Path) -> list[ListedProduct]:
    """Every stock code of the file as a product, in order of code.

    Its title is the most frequent description, its price the latest that is not zero: 0, not for sale, when there
    is none. Raises `FileRefused`, `OSError`.
    """
    titles: dict[str, Counter[str]] = defaultdict(Counter)
    prices: dict[str, tuple[datetime, int]] = {}
    for _, record in read_records(path):
        if record is None:
            continue
        code = record["StockCode"].strip().upper()
        if not _CODE.fullmatch(code):
            continue
        title = " ".join(record["Description"].split())
        titles[code].update([title[:200]] if title.isprintable() and title else [])
        seen = _price(record["InvoiceDate"], record["UnitPrice"])
        if seen and (code not in prices or seen[0] >= prices[code][0]):
            prices[code] = seen
    return [
        ListedProduct(
            sku=code,
            title=titles[code].most_common(1)[0][0] if titles[code] else f"Item {code}",
            price=Money(prices[code][1] if code in prices else 0, CURRENCY),
            stock=STOCK,
        )
        for code in sorted(titles)
    ]


def _price(date: str, price: str) -> tuple[datetime, int] | None:
    """When it cost how many pence; None for a line that has no date or no price."""
    seen = read_date(date.strip())
    if seen is None or not _PRICE.fullmatch(price.strip()):
        return None
    pence = to_pence(price.strip())
    return (seen, pence) if 0 < pence <= MAX_AMOUNT else None
