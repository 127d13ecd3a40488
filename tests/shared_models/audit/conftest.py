"""Audit's database, and a tenant of its own for each test."""

from collections.abc import AsyncIterator

import psycopg
import pytest
from sqlalchemy import make_url

from shared_models.kernel.database import Database, database_name, database_url
from shared_models.kernel.ids import new_id
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Scope


@pytest.fixture(scope="session")
async def database(settings: KernelSettings) -> AsyncIterator[Database]:
    """The pool of audit's own role."""
    database = Database("audit", database_url(settings, "audit"), pool_size=10)
    yield database
    await database.close()


@pytest.fixture
def scope() -> Scope:
    """A fresh tenant."""
    return Scope(new_id())


@pytest.fixture
async def intruder(settings: KernelSettings) -> AsyncIterator[psycopg.AsyncConnection]:
    """Somebody with the administrator's password, whom no privilege holds back."""
    url = make_url(settings.database_url).set(drivername="postgresql", database=database_name("audit"))
    async with await psycopg.AsyncConnection.connect(
        url.render_as_string(hide_password=False), autocommit=True
    ) as connection:
        yield connection
