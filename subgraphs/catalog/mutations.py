"""What catalog can be told to do."""

from __future__ import annotations

import strawberry

from shared_models.catalog import service
from shared_models.kernel.errors import UserError
from shared_models.kernel.identity import Role
from shared_models.kernel.ids import parse_id
from subgraphs.catalog.types import Product, Variant
from subgraphs.edge.context import Info
from subgraphs.edge.payloads import Payload, payload
from subgraphs.edge.types import MoneyInput


@strawberry.input
class NewVariantInput:
    """A variant of a new product."""

    sku: str
    title: str
    price: MoneyInput
    stock: int = 0


@strawberry.input
class CreateProductInput:
    """A new product with its variants."""

    title: str
    variants: list[NewVariantInput]
    description: str = ""


@strawberry.input
class UpdatePriceInput:
    """What a variant costs from now on."""

    variant_id: strawberry.ID
    price: MoneyInput


@strawberry.input
class AdjustStockInput:
    """How many units were found, received (positive) or written off (negative)."""

    variant_id: strawberry.ID
    delta: int


@strawberry.type
class CreateProductPayload(Payload):
    """The new product."""

    product: Product | None = None


@strawberry.type
class UpdatePricePayload(Payload):
    """The variant at its new price."""

    variant: Variant | None = None


@strawberry.type
class AdjustStockPayload(Payload):
    """The variant with its new stock."""

    variant: Variant | None = None


@strawberry.type
class Mutation:
    """Catalog's mutations. Each needs the role OWNER or STAFF."""

    @strawberry.mutation
    @payload(CreateProductPayload)
    async def create_product(self, info: Info, input: CreateProductInput) -> CreateProductPayload:
        """Creates a product and puts its variants on offer."""
        info.context.require(Role.STAFF)
        variants = [service.NewVariant(v.sku, v.title, v.price.value(), v.stock) for v in input.variants]
        async with info.context.transaction() as session:
            row = await service.create_product(session, input.title, input.description, variants)
        return CreateProductPayload(product=Product.of(row))

    @strawberry.mutation
    @payload(UpdatePricePayload)
    async def update_price(self, info: Info, input: UpdatePriceInput) -> UpdatePricePayload:
        """Changes the price of a variant; orders placed before keep theirs."""
        info.context.require(Role.STAFF)
        variant_id = parse_id(input.variant_id)
        if variant_id is None:
            raise UserError("NOT_FOUND", "There is no such variant.", ["variantId"])
        async with info.context.transaction() as session:
            row = await service.update_price(session, variant_id, input.price.value())
        return UpdatePricePayload(variant=Variant.of(row))

    @strawberry.mutation
    @payload(AdjustStockPayload)
    async def adjust_stock(self, info: Info, input: AdjustStockInput) -> AdjustStockPayload:
        """Adds to a variant's stock, or takes from it."""
        info.context.require(Role.STAFF)
        variant_id = parse_id(input.variant_id)
        if variant_id is None:
            raise UserError("NOT_FOUND", "There is no such variant.", ["variantId"])
        async with info.context.transaction() as session:
            row = await service.adjust_stock(session, variant_id, input.delta)
        return AdjustStockPayload(variant=Variant.of(row))
