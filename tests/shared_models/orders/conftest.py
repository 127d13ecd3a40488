"""Orders of a fresh tenant in the real database."""

from collections.abc import AsyncIterator

import pytest

from shared_models.kernel.database import Database, database_url
from shared_models.kernel.ids import new_id
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Scope


@pytest.fixture
async def database(settings: KernelSettings) -> AsyncIterator[Database]:
    """The database of orders, as its own role sees it."""
    database = Database("orders", database_url(settings, "orders"))
    yield database
    await database.close()


@pytest.fixture
def scope() -> Scope:
    """A tenant that nobody else has."""
    return Scope(new_id())
