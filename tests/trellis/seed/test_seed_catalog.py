"""The demo catalog is every stock code of the file, once."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from shared_models.catalog import repository
from shared_models.kernel.database import Database, database_url
from shared_models.kernel.ids import new_id
from shared_models.kernel.money import Money
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Scope
from trellis.seed.catalog import seed_catalog


@pytest.fixture
async def catalog(settings: KernelSettings) -> AsyncIterator[Database]:
    database = Database("catalog", database_url(settings, "catalog"))
    yield database
    await database.close()


async def test_all_stock_codes_are_listed_once(catalog: Database) -> None:
    scope = Scope(new_id())
    assert await seed_catalog(catalog, scope)
    assert not await seed_catalog(catalog, scope)
    async with catalog.transaction(scope) as session:
        assert await repository.count_products(session, None) == 1598
        found = await repository.variants_by_sku(session, ["71053", "22423", "POST", "84670"])
        sizes = (await session.execute(text("SELECT jsonb_array_length(payload -> 'offers') FROM outbox"))).scalars()
        assert sorted(sizes) == [198, 200, 200, 200, 200, 200, 200, 200]
    assert (found["71053"].title, found["71053"].price) == ("WHITE METAL LANTERN", Money(375, "GBP"))
    assert found["71053"].stock == 10_000
    assert found["POST"].price == Money(1800, "GBP")


async def test_two_seeds_at_once_list_everything_once(catalog: Database) -> None:
    scope = Scope(new_id())
    outcomes = await asyncio.gather(seed_catalog(catalog, scope), seed_catalog(catalog, scope))
    assert any(outcomes)
    async with catalog.transaction(scope) as session:
        assert await repository.count_products(session, None) == 1598
        offers = text("SELECT sum(jsonb_array_length(payload -> 'offers')) FROM outbox")
        assert (await session.execute(offers)).scalar_one() == 1598
