"""From what a client asks for to priced lines: all checks of `placeOrder`, no I/O."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from shared_models.kernel.errors import UserError
from shared_models.kernel.money import Money, total
from shared_models.orders.models import OrderSource

MAX_LINES: Final = 200
MAX_QUANTITY: Final = 1_000_000
MAX_KEY: Final = 200
MAX_SKU: Final = 64
_PAYMENT_METHOD = re.compile(r"pm_[A-Za-z0-9_]{1,100}")


class KnownOffer(msgspec.Struct, frozen=True):
    """An offer of the catalog as orders last heard of it. A price of zero: not for sale."""

    variant_id: UUID
    product_id: UUID
    sku: str
    title: str
    price: Money
    version: int = 0


class PricedLine(msgspec.Struct, frozen=True):
    """A line as it will be written. `unit_price` in minor units of the order's currency."""

    sku: str
    title: str
    quantity: int
    unit_price: int
    variant_id: UUID | None


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """An order about to be placed, whatever its source. `placed_at` None: now."""

    lines: Sequence[PricedLine]
    total: Money
    payment_method: str
    source: OrderSource
    idempotency_key: str | None = None
    request_digest: bytes | None = None
    external_id: str | None = None
    customer: str | None = None
    placed_by: UUID | None = None
    placed_at: datetime | None = None
    attributes: dict[str, Any] = {}


class Basket(msgspec.Struct, frozen=True):
    """A checked request. `lines`: SKU -> (quantity, index of the input's first line that names it)."""

    idempotency_key: str
    payment_method: str
    lines: Mapping[str, tuple[int, int]]

    def digest(self) -> bytes:
        """The same for requests that ask for the same."""
        content = [self.payment_method, sorted((sku, quantity) for sku, (quantity, _) in self.lines.items())]
        return hashlib.sha256(msgspec.json.encode(content)).digest()

    def price(self, offers: Mapping[str, KnownOffer]) -> tuple[list[PricedLine], Money]:
        """The lines at today's prices, and their total.

        Raises `UserError` UNKNOWN_SKU, NOT_FOR_SALE, CURRENCY_MISMATCH or AMOUNT_TOO_LARGE.
        """
        lines: list[PricedLine] = []
        amounts: list[Money] = []
        for sku, (quantity, index) in self.lines.items():
            offer = offers.get(sku)
            path = ["lines", str(index), "sku"]
            if offer is None:
                raise UserError("UNKNOWN_SKU", f"There is no offer of the SKU {sku}.", path)
            if offer.price.amount == 0:
                raise UserError("NOT_FOR_SALE", f"{sku} has no price: it cannot be ordered.", path)
            amounts.append(offer.price.times(quantity))
            lines.append(PricedLine(sku, offer.title, quantity, offer.price.amount, offer.variant_id))
        return lines, total(amounts)


def fill(idempotency_key: str, payment_method: str, lines: Sequence[tuple[str, int]]) -> Basket:
    """Checks a request of (sku, quantity) lines and merges those of one SKU.

    Raises `UserError` IDEMPOTENCY_KEY_INVALID, PAYMENT_METHOD_INVALID, LINES_OUT_OF_RANGE, SKU_INVALID or
    QUANTITY_OUT_OF_RANGE.
    """
    if not _is_plain(idempotency_key, MAX_KEY):
        raise UserError(
            "IDEMPOTENCY_KEY_INVALID", f"The key needs 1 to {MAX_KEY} printable characters.", ["idempotencyKey"]
        )
    if not _PAYMENT_METHOD.fullmatch(payment_method):
        raise UserError(
            "PAYMENT_METHOD_INVALID",
            "A payment method is the processor's token, such as pm_card_visa.",
            ["paymentMethod"],
        )
    if not 1 <= len(lines) <= MAX_LINES:
        raise UserError("LINES_OUT_OF_RANGE", f"An order has between 1 and {MAX_LINES} lines.", ["lines"])
    merged: dict[str, tuple[int, int]] = {}
    for index, (sku, quantity) in enumerate(lines):
        if not _is_plain(sku, MAX_SKU):
            raise UserError(
                "SKU_INVALID", f"A SKU has 1 to {MAX_SKU} printable characters.", ["lines", str(index), "sku"]
            )
        before, first = merged.get(sku, (0, index))
        if quantity < 1 or before + quantity > MAX_QUANTITY:
            raise UserError(
                "QUANTITY_OUT_OF_RANGE",
                f"The quantity of a SKU is between 1 and {MAX_QUANTITY}.",
                ["lines", str(index), "quantity"],
            )
        merged[sku] = (before + quantity, first)
    return Basket(idempotency_key, payment_method, merged)


def _is_plain(value: str, longest: int) -> bool:
    """Some text of at most `longest` characters without controls, which cannot be stored, or are not seen."""
    return 1 <= len(value) <= longest and not any(unicodedata.category(char) in {"Cc", "Cs"} for char in value)
