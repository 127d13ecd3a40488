"""What catalog does with products, prices and stock."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.catalog import repository
from shared_models.catalog.events import OffersPublished, StockAdjusted
from shared_models.catalog.models import Product, Variant
from shared_models.kernel.database import scope_of
from shared_models.kernel.errors import UserError
from shared_models.kernel.ids import derived_id, new_id
from shared_models.kernel.mesh import emit
from shared_models.kernel.money import MAX_AMOUNT, Money

_TITLE_LENGTHS = range(1, 201)
_DESCRIPTION_LENGTHS = range(5_001)
MAX_VARIANTS = 100
MAX_OFFERS = 200  # of one event
MAX_STOCK = 1_000_000_000
_SKU = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}")
_CURRENCY = re.compile(r"[A-Z]{3}")


class NewVariant(msgspec.Struct, frozen=True):
    """A variant to be created."""

    sku: str
    title: str
    price: Money
    stock: int


class ListedProduct(msgspec.Struct, frozen=True):
    """A product of one variant, as a list of goods names it."""

    sku: str
    title: str
    price: Money
    stock: int


async def list_products(session: AsyncSession, listed: Sequence[ListedProduct]) -> int:
    """Puts those products on offer whose SKU the catalog does not have; how many there were.

    Ids are derived from tenant and SKU: listing the same twice, or twice at once, lists it once.
    """
    tenant_id = scope_of(session).tenant_id
    known = await repository.variants_by_sku(session, [product.sku for product in listed])
    products, variants = [], []
    for product in listed:
        if product.sku in known:
            continue
        product_id = derived_id("product", tenant_id, product.sku)
        products.append({"id": product_id, "title": product.title, "description": ""})
        variants.append(
            {
                "id": derived_id("variant", tenant_id, product.sku),
                "product_id": product_id,
                "sku": product.sku,
                "title": product.title,
                "price_amount": product.price.amount,
                "price_currency": product.price.currency,
                "stock": product.stock,
            }
        )
    new = await repository.insert_new_products(session, products, variants)
    offers = [variant.offer() for variant in new]
    await emit(
        session, *(OffersPublished(offers[start : start + MAX_OFFERS]) for start in range(0, len(offers), MAX_OFFERS))
    )
    return len(new)


async def create_product(
    session: AsyncSession, title: str, description: str, variants: Sequence[NewVariant]
) -> Product:
    """Creates a product with its variants and puts them on offer.

    Raises `UserError` TITLE_INVALID, DESCRIPTION_INVALID, VARIANTS_OUT_OF_RANGE, SKU_INVALID, SKU_TAKEN,
    PRICE_OUT_OF_RANGE, CURRENCY_INVALID or STOCK_OUT_OF_RANGE.
    """
    _check_text("TITLE_INVALID", title, ["title"], _TITLE_LENGTHS)
    _check_text("DESCRIPTION_INVALID", description, ["description"], _DESCRIPTION_LENGTHS, allowed="\n\t")
    if not 1 <= len(variants) <= MAX_VARIANTS:
        raise UserError("VARIANTS_OUT_OF_RANGE", f"A product has between 1 and {MAX_VARIANTS} variants.", ["variants"])
    _check_variants(variants)
    await _refuse_taken(session, variants)
    product_id = new_id()
    rows = [
        {
            "id": new_id(),
            "product_id": product_id,
            "sku": variant.sku,
            "title": variant.title,
            "price_amount": variant.price.amount,
            "price_currency": variant.price.currency,
            "stock": variant.stock,
        }
        for variant in variants
    ]
    try:
        await repository.insert_products(
            session, [{"id": product_id, "title": title, "description": description}], rows
        )
    except IntegrityError as error:  # somebody else took the SKU between the look and the insert
        raise UserError("SKU_TAKEN", "One of the SKUs is in use already.", ["variants"]) from error
    created = await repository.variants_of_products(session, [product_id])
    await emit(session, OffersPublished([variant.offer() for variant in created[product_id]]))
    return (await repository.products_by_id(session, [product_id]))[product_id]


async def update_price(session: AsyncSession, variant_id: UUID, price: Money) -> Variant:
    """Changes what a variant costs from now on. Raises `UserError` PRICE_OUT_OF_RANGE, CURRENCY_INVALID, NOT_FOUND."""
    _check_price(price, ["price"])
    variant = await repository.set_price(session, variant_id, price.amount, price.currency)
    if variant is None:
        raise _no_variant(variant_id)
    await emit(session, OffersPublished([variant.offer()]))
    return variant


async def adjust_stock(session: AsyncSession, variant_id: UUID, delta: int) -> Variant:
    """Adds `delta` units, which may be negative, to the stock. Raises `UserError` STOCK_OUT_OF_RANGE or NOT_FOUND."""
    variant = await repository.lock_variant(session, variant_id)
    if variant is None:
        raise _no_variant(variant_id)
    if not 0 <= variant.stock + delta <= MAX_STOCK:
        raise UserError(
            "STOCK_OUT_OF_RANGE",
            f"The stock is {variant.stock}; with {delta:+} it would not be between 0 and {MAX_STOCK}.",
            ["delta"],
            variant_id=variant_id,
        )
    variant.stock += delta
    await session.flush()
    await emit(session, StockAdjusted(variant.id, variant.product_id, variant.sku, delta, variant.stock))
    return variant


def _check_variants(variants: Sequence[NewVariant]) -> None:
    seen: set[str] = set()
    for index, variant in enumerate(variants):
        path = ["variants", str(index)]
        if not _SKU.fullmatch(variant.sku):
            raise UserError(
                "SKU_INVALID", "A SKU has 1 to 64 letters, digits, dots, slashes or dashes.", [*path, "sku"]
            )
        if variant.sku in seen:
            raise UserError("SKU_TAKEN", f"The SKU {variant.sku} appears twice.", [*path, "sku"])
        seen.add(variant.sku)
        _check_text("TITLE_INVALID", variant.title, [*path, "title"], _TITLE_LENGTHS)
        _check_price(variant.price, [*path, "price"])
        if not 0 <= variant.stock <= MAX_STOCK:
            raise UserError("STOCK_OUT_OF_RANGE", f"Stock is between 0 and {MAX_STOCK}.", [*path, "stock"])


async def _refuse_taken(session: AsyncSession, variants: Sequence[NewVariant]) -> None:
    taken = await repository.variants_by_sku(session, [variant.sku for variant in variants])
    for index, variant in enumerate(variants):
        if variant.sku in taken:
            raise UserError("SKU_TAKEN", f"The SKU {variant.sku} is in use already.", ["variants", str(index), "sku"])


def _check_price(price: Money, path: list[str]) -> None:
    if not 0 <= price.amount <= MAX_AMOUNT:
        raise UserError("PRICE_OUT_OF_RANGE", f"A price is between 0 and {MAX_AMOUNT} minor units.", path)
    if not _CURRENCY.fullmatch(price.currency):
        raise UserError("CURRENCY_INVALID", "A currency is three capital letters, as in ISO 4217.", path)


def _check_text(code: str, value: str, path: list[str], lengths: range, allowed: str = "") -> None:
    if len(value) not in lengths:
        raise UserError(code, f"Between {lengths.start} and {lengths.stop - 1} characters are needed.", path)
    # Controls cannot be stored (NUL) or would be shown as something else; lone surrogates are no text at all.
    if any(unicodedata.category(char) in {"Cc", "Cs"} and char not in allowed for char in value):
        raise UserError(code, "Control characters are not allowed.", path)


def _no_variant(variant_id: UUID) -> UserError:
    return UserError("NOT_FOUND", "There is no such variant.", ["variantId"], variant_id=variant_id)
