"""Onboarding: the goods that a retailer's invoices name become products of the catalog."""

from __future__ import annotations

from pathlib import Path

from shared_models.catalog import service
from shared_models.kernel.database import Database
from shared_models.kernel.tenancy import Scope
from shared_models.orders.importing.rules import is_product
from trellis.importing.stock_codes import list_products


async def import_products(database: Database, scope: Scope, path: Path) -> int:
    """Lists those goods of the file that the catalog does not have; how many there were. `database`: catalog's.

    Importing a file again lists nothing. Raises `FileRefused`, `OSError`.
    """
    products = [product for product in list_products(path) if is_product(product.sku)]
    async with database.transaction(scope) as session:
        return await service.list_products(session, products)
