"""A tenant with orders, a catalog, and everything between them."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from shared_models.kernel.database import Database, database_url
from shared_models.kernel.ids import new_id
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Scope
from tests.trellis.importing.saga import Saga

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


@pytest.fixture
async def orders(settings: KernelSettings) -> AsyncIterator[Database]:
    database = Database("orders", database_url(settings, "orders"))
    yield database
    await database.close()


@pytest.fixture
async def catalog(settings: KernelSettings) -> AsyncIterator[Database]:
    database = Database("catalog", database_url(settings, "catalog"))
    yield database
    await database.close()


@pytest.fixture
def scope() -> Scope:
    return Scope(new_id())


@pytest.fixture
def saga(orders: Database, catalog: Database, scope: Scope) -> Saga:
    return Saga(orders, catalog, scope)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes lines below the header into a file."""

    def write_lines(*lines: str, name: str = "invoices.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join([HEADER, *lines]) + "\n")
        return path

    return write_lines
