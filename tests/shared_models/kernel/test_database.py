"""A transaction is all or nothing, also for code that goes on after an error."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.catalog.events import StockReserved
from shared_models.catalog.models import Product
from shared_models.kernel.database import Database, TransactionAborted, database_url
from shared_models.kernel.ids import new_id
from shared_models.kernel.mesh import emit
from shared_models.kernel.mesh_tables import outbox
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Scope


@pytest.fixture
async def database(settings: KernelSettings) -> AsyncIterator[Database]:
    """The database of catalog."""
    database = Database("catalog", database_url(settings, "catalog"))
    yield database
    await database.close()


async def _fail_a_statement(session: AsyncSession) -> None:
    with pytest.raises(DBAPIError):
        await session.execute(text("SELECT 1 / 0"))


async def _fail_a_flush(session: AsyncSession) -> None:
    session.add(Product(id=new_id(), tenant_id=new_id(), title="of another tenant", description=""))
    with pytest.raises(DBAPIError):
        await session.flush()


@pytest.mark.parametrize("fail", [_fail_a_statement, _fail_a_flush])
async def test_nothing_is_kept_of_a_transaction_that_went_on_after_an_error(
    database: Database, fail: Callable[[AsyncSession], Awaitable[None]]
) -> None:
    scope = Scope(new_id())
    with pytest.raises(TransactionAborted):
        async with database.transaction(scope) as session:
            session.add(Product(id=new_id(), tenant_id=scope.tenant_id, title="before", description=""))
            await session.flush()
            await emit(session, StockReserved(new_id()))
            await fail(session)
    async with database.transaction(scope) as session:
        products = await session.scalar(select(func.count()).select_from(Product))
        events = await session.scalar(select(func.count()).select_from(outbox))
        assert (products, events) == (0, 0)
