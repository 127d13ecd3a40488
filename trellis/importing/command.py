"""What the `trellis import` commands need around an import: the platform's databases, and the tenant by its name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from shared_models.kernel.database import Database, database_url
from shared_models.kernel.nudge import Nudge
from shared_models.kernel.redis import connect
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Lane, Scope
from shared_models.orders.importing.invoices import FileRefused
from shared_models.orders.importing.progress import ImportProgress
from trellis.errors import OperatorError
from trellis.importing.orders import import_orders
from trellis.importing.products import import_products, until_offered
from trellis.importing.summary import Summary
from trellis.tenants import tenant_id_of


class FileRefusedError(OperatorError):
    """The file cannot be read as what it should be."""

    code = "FILE_REFUSED"


async def run_orders(
    path: Path, tenant: str, on_progress: Callable[[ImportProgress], None], *, detach: bool
) -> Summary:
    """Imports a file of invoices for the tenant of that name; raises `OperatorError`."""
    async with _database("orders", tenant) as (database, scope):
        return await import_orders(database, scope, path, on_progress, detach=detach)


async def run_products(path: Path, tenant: str) -> int:
    """Lists the goods of a file for the tenant of that name, to be ordered at once; how many were new.

    Raises `OperatorError`.
    """
    async with _database("catalog", tenant) as (catalog, scope):
        listed = await import_products(catalog, scope, path)
    async with _database("orders", tenant) as (orders, scope):
        await until_offered(orders, scope, path)
    return listed


@asynccontextmanager
async def _database(domain: str, tenant: str) -> AsyncIterator[tuple[Database, Scope]]:
    """The database of a domain, and the scope of a tenant's bulk work in it."""
    settings = KernelSettings()
    redis = connect(settings.redis_url)
    database = Database(domain, database_url(settings, domain), pool_size=2, on_commit=Nudge(redis))
    try:
        yield database, Scope(await tenant_id_of(settings, tenant), Lane.BULK)
    except FileRefused as refused:
        raise FileRefusedError(str(refused)) from None
    except OSError as error:
        raise FileRefusedError(f"{error.filename or 'the platform'}: {error.strerror or error}") from None
    finally:
        await database.close()
        await redis.aclose()
