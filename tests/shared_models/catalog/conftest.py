"""A catalog of a fresh tenant in the real database."""

from collections.abc import AsyncIterator

import pytest

from shared_models.kernel.database import Database, database_url
from shared_models.kernel.ids import new_id
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Scope


@pytest.fixture
async def database(settings: KernelSettings) -> AsyncIterator[Database]:
    """Catalog's database, as its own role sees it."""
    database = Database("catalog", database_url(settings, "catalog"))
    yield database
    await database.close()


@pytest.fixture
def scope() -> Scope:
    """A tenant that nobody else has."""
    return Scope(new_id())
