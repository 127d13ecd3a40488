"""Catalog's entities."""

from __future__ import annotations

from uuid import UUID

import strawberry

from shared_models.catalog import models
from subgraphs.catalog import loaders
from subgraphs.edge.context import Info
from subgraphs.edge.types import Money


@strawberry.federation.type(keys=["id"], description="What a page of the shop is about.")
class Product:
    """GraphQL's face of a product."""

    id: strawberry.ID
    title: str
    description: str

    @strawberry.field
    async def variants(self, info: Info) -> list[Variant]:
        """All variants; a product has at most a hundred."""
        rows = await info.context.loader(loaders.load_variants_of_products).load(UUID(self.id))
        return [Variant.of(row) for row in rows or []]

    @classmethod
    def of(cls, row: models.Product) -> Product:
        """From the table's row."""
        return cls(id=strawberry.ID(str(row.id)), title=row.title, description=row.description)

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Product | None:
        """The product of an id; None for one that the caller's tenant does not have."""
        row = await info.context.load_by_id(loaders.load_products, id)
        return cls.of(row) if row else None


@strawberry.federation.type(keys=["id", "sku"], description="What is sold: a SKU at a price.")
class Variant:
    """GraphQL's face of a variant."""

    id: strawberry.ID
    sku: str
    title: str
    price: Money
    stock: int = strawberry.field(description="How many can still be sold; what is held for orders is not in it.")
    product_id: strawberry.Private[UUID]

    @strawberry.field
    async def product(self, info: Info) -> Product:
        """The product; a foreign key says that there is one."""
        row = await info.context.loader(loaders.load_products).load(self.product_id)
        if row is None:
            raise LookupError(f"variant {self.id} without its product {self.product_id}")
        return Product.of(row)

    @classmethod
    def of(cls, row: models.Variant) -> Variant:
        """From the table's row."""
        return cls(
            id=strawberry.ID(str(row.id)),
            sku=row.sku,
            title=row.title,
            price=Money.of(row.price),
            stock=row.stock,
            product_id=row.product_id,
        )

    @classmethod
    async def resolve_reference(
        cls, info: Info, id: strawberry.ID | None = None, sku: str | None = None
    ) -> Variant | None:
        """The variant of an id or a SKU; None for one that the caller's tenant does not have."""
        context = info.context
        if id is not None:
            row = await context.load_by_id(loaders.load_variants, id)
        else:
            row = await context.loader(loaders.load_variants_by_sku).load(sku or "")
        return cls.of(row) if row else None
