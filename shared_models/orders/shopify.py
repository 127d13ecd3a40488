"""Shopify's `orders/create` webhook: whether it is Shopify's, and what it says. No I/O."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from shared_models.kernel.errors import TrellisError
from shared_models.kernel.money import MAX_AMOUNT, Money
from shared_models.orders.basket import MAX_QUANTITY, MAX_SKU, Placement, PricedLine
from shared_models.orders.models import OrderSource

ORDERS_CREATE: Final = "orders/create"
PAYMENT_METHOD: Final = "external:shopify"
MAX_LINES: Final = 1_000
_MAX_TITLE = 500
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,4})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
#: How many digits the minor unit has where it is not two.
_DIGITS = {"BIF": 0, "CLP": 0, "JPY": 0, "KRW": 0, "PYG": 0, "VND": 0, "XAF": 0, "XOF": 0, "BHD": 3, "JOD": 3, "KWD": 3}


class WebhookSignatureInvalid(TrellisError):
    """Whoever sent it does not know the shop's secret."""

    code = "WEBHOOK_SIGNATURE_INVALID"


class WebhookPayloadInvalid(TrellisError):
    """It is signed, and not an order that can be kept."""

    code = "WEBHOOK_PAYLOAD_INVALID"


class _Line(msgspec.Struct):
    id: int
    title: str
    quantity: int
    price: str
    sku: str | None = None
    variant_id: int | None = None


class _Order(msgspec.Struct):
    id: int
    currency: str
    total_price: str
    created_at: datetime
    line_items: list[_Line]
    name: str | None = None
    financial_status: str | None = None
    cancelled_at: str | None = None
    test: bool | None = None


_decoder = msgspec.json.Decoder(_Order)


def verify(secret: str, body: bytes, signature: str) -> None:
    """Raises `WebhookSignatureInvalid` unless `signature` is the Base64 HMAC-SHA256 of the body. Constant time."""
    expected = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
    if not secret or not hmac.compare_digest(expected, signature.encode("latin-1", "replace")):
        raise WebhookSignatureInvalid("The signature is not that of this body.")


def read_order(body: bytes, shop: str | None) -> Placement:
    """The order that a webhook tells of; raises `WebhookPayloadInvalid`.

    Lines have no variant yet. The total is Shopify's: with shipping and taxes, less discounts. Names, addresses
    and e-mail addresses are not kept.
    """
    try:
        told = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise WebhookPayloadInvalid(f"The body is not an order: {error}") from None
    except RecursionError:
        raise WebhookPayloadInvalid("The body is nested too deeply.") from None
    if not _CURRENCY.fullmatch(told.currency):
        raise WebhookPayloadInvalid("The currency is not three capital letters.")
    if not 1 <= len(told.line_items) <= MAX_LINES:
        raise WebhookPayloadInvalid(f"An order has between 1 and {MAX_LINES} lines.")
    if told.created_at.tzinfo is None:
        raise WebhookPayloadInvalid("created_at has no time zone.")
    return Placement(
        lines=[_line(line, told.currency) for line in told.line_items],
        total=Money(_minor_units(told.total_price, told.currency), told.currency),
        payment_method=PAYMENT_METHOD,
        source=OrderSource.SHOPIFY,
        external_id=str(told.id),
        placed_at=told.created_at,
        attributes=_attributes(told, shop),
    )


def _line(line: _Line, currency: str) -> PricedLine:
    if not 1 <= line.quantity <= MAX_QUANTITY:
        raise WebhookPayloadInvalid(f"Line {line.id} has a quantity of {line.quantity}.", line_id=line.id)
    sku = line.sku or f"shopify-{line.variant_id or line.id}"
    unit_price = _minor_units(line.price, currency)
    if unit_price * line.quantity > MAX_AMOUNT:
        raise WebhookPayloadInvalid(f"Line {line.id} is worth too much.", line_id=line.id)
    return PricedLine(_text(sku, MAX_SKU), _text(line.title, _MAX_TITLE), line.quantity, unit_price, None)


def _attributes(told: _Order, shop: str | None) -> dict[str, Any]:
    said = {
        "shop": shop,
        "name": told.name,
        "financial_status": told.financial_status,
        "cancelled_at": told.cancelled_at,
    }
    return {"test": bool(told.test)} | {key: _text(value, 255) for key, value in said.items() if value is not None}


def _minor_units(amount: str, currency: str) -> int:
    if not _AMOUNT.fullmatch(amount):
        raise WebhookPayloadInvalid(f"{amount[:20]!a} is no amount.")
    units = Decimal(amount).scaleb(_DIGITS.get(currency, 2))
    if units != int(units) or units > MAX_AMOUNT:
        raise WebhookPayloadInvalid(f"{amount} {currency} is no amount that can be kept.")
    return int(units)


def _text(value: str, longest: int) -> str:
    """Text as it can be stored and shown."""
    if not 1 <= len(value) <= longest:
        raise WebhookPayloadInvalid(f"A text of {len(value)} characters, where 1 to {longest} are possible.")
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in value):
        raise WebhookPayloadInvalid("A text holds control characters.")
    return value
