"""The demo catalog: the stock codes of a real retailer."""

from __future__ import annotations

from importlib.resources import as_file, files

from shared_models.catalog import service
from shared_models.kernel.database import Database
from shared_models.kernel.tenancy import Scope
from trellis.importing.stock_codes import list_products


async def seed_catalog(database: Database, scope: Scope) -> bool:
    """Lists the demo catalog for the tenant of `scope`; False, and nothing done, when it is listed."""
    with as_file(files("trellis.seed") / "data" / "online-retail.csv") as path:
        products = list_products(path)
    async with database.transaction(scope) as session:
        return await service.list_products(session, products) > 0
