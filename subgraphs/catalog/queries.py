"""What can be asked of catalog."""

from __future__ import annotations

from uuid import UUID

import strawberry

from shared_models.catalog import models, repository
from shared_models.kernel.errors import BadInput
from shared_models.kernel.ids import parse_id
from shared_models.kernel.pagination import BadCursor, decode_cursor, encode_cursor, page_of, page_size
from subgraphs.catalog import loaders
from subgraphs.catalog.types import Product, Variant
from subgraphs.edge.connections import Connection, connection
from subgraphs.edge.context import Info

_MAX_SEARCH = 200


@strawberry.type
class Query:
    """Catalog's queries. Each needs an authenticated caller."""

    @strawberry.field
    async def products(
        self, info: Info, search: str | None = None, first: int | None = None, after: str | None = None
    ) -> Connection[Product]:
        """A page of products in order of title."""
        if search and (len(search) > _MAX_SEARCH or "\0" in search):
            raise BadInput(f"`search` may have at most {_MAX_SEARCH} characters, and no NUL.")
        size = page_size(first)
        position = _position(after) if after is not None else None

        async def count() -> int:
            async with info.context.transaction() as session:
                return await repository.count_products(session, search)

        async with info.context.transaction() as session:
            rows = await repository.search_products(session, search, size + 1, position)
        return connection(page_of(rows, size, _cursor), Product.of, count)

    @strawberry.field
    async def variant(self, info: Info, sku: str) -> Variant | None:
        """The variant of a SKU, if there is one."""
        row = await info.context.loader(loaders.load_variants_by_sku).load(sku)
        return Variant.of(row) if row else None


def _cursor(row: models.Product) -> str:
    return encode_cursor(row.title, str(row.id))


def _position(after: str) -> tuple[str, UUID]:
    title, spelled = decode_cursor(after, 2)
    id = parse_id(spelled)
    if id is None or "\0" in title:
        raise BadCursor
    return title, id
