"""Onboarding: the goods that a retailer's invoices name become products of the catalog."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from shared_models.catalog import service
from shared_models.kernel.database import Database
from shared_models.kernel.tenancy import Scope
from shared_models.orders import repository
from shared_models.orders.importing.rules import is_product
from trellis.errors import OperatorError
from trellis.importing.stock_codes import list_products

_POLL_SECONDS: Final = 0.1
_DELIVERY_SECONDS: Final = 60.0


class OffersNotDeliveredError(OperatorError):
    """The products are listed, but orders has not heard of them."""

    code = "OFFERS_NOT_DELIVERED"


async def import_products(catalog: Database, scope: Scope, path: Path) -> int:
    """Lists those goods of the file that the catalog does not have; how many there were.

    Importing a file again lists nothing. Raises `FileRefused`, `OSError`.
    """
    async with catalog.transaction(scope) as session:
        return await service.list_products(session, [p for p in list_products(path) if is_product(p.sku)])


async def until_offered(orders: Database, scope: Scope, path: Path) -> None:
    """Waits until orders has heard of the file's goods, so that its invoices can be imported next.

    Raises `OffersNotDeliveredError` after a minute.
    """
    skus = [product.sku for product in list_products(path) if is_product(product.sku)]
    try:
        async with asyncio.timeout(_DELIVERY_SECONDS):
            while not await _are_known(orders, scope, skus):
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        raise OffersNotDeliveredError(
            f"orders has not heard of the products within {_DELIVERY_SECONDS:.0f} s; are a relay and workers running?"
        ) from None


async def _are_known(orders: Database, scope: Scope, skus: Sequence[str]) -> bool:
    async with orders.transaction(scope) as session:
        return len(await repository.offers_by_sku(session, skus)) == len(skus)
