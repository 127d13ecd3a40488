"""Batched reads of catalog: each answers a list of keys in their order, None where there is nothing."""

from __future__ import annotations

from uuid import UUID

from shared_models.catalog import repository
from shared_models.catalog.models import Product, Variant
from subgraphs.edge.context import Context


async def load_products(context: Context, ids: list[UUID]) -> list[Product | None]:
    """Products by id."""
    async with context.transaction() as session:
        found = await repository.products_by_id(session, ids)
    return [found.get(id) for id in ids]


async def load_variants(context: Context, ids: list[UUID]) -> list[Variant | None]:
    """Variants by id."""
    async with context.transaction() as session:
        found = await repository.variants_by_id(session, ids)
    return [found.get(id) for id in ids]


async def load_variants_by_sku(context: Context, skus: list[str]) -> list[Variant | None]:
    """Variants by SKU. A text with a NUL cannot be stored, so it is no SKU; nor may it spoil the others' batch."""
    async with context.transaction() as session:
        found = await repository.variants_by_sku(session, [sku for sku in skus if "\0" not in sku])
    return [found.get(sku) for sku in skus]


async def load_variants_of_products(context: Context, product_ids: list[UUID]) -> list[list[Variant] | None]:
    """The variants of each product."""
    async with context.transaction() as session:
        found = await repository.variants_of_products(session, product_ids)
    return [found[product_id] for product_id in product_ids]
