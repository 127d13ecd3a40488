"""The subgraph of orders, served in this process over the real database."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from litestar import Litestar

from shared_models.kernel.database import Database, database_url
from shared_models.kernel.ids import new_id
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Scope
from tests.support.subgraph_client import SubgraphClient, identity_of, served

SHOPIFY_SECRET = "shpss_of_the_tests"


@pytest.fixture
def shop_tenant() -> UUID:
    """The tenant of shops that nobody named."""
    return new_id()


@pytest.fixture
async def app(settings: KernelSettings, shop_tenant: UUID, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Litestar]:
    monkeypatch.setenv("TRELLIS_SHOPIFY_SECRET", SHOPIFY_SECRET)
    monkeypatch.setenv("TRELLIS_SHOPIFY_DEFAULT_TENANT_ID", str(shop_tenant))
    async with served("orders", settings) as app:
        yield app


@pytest.fixture
async def database(settings: KernelSettings) -> AsyncIterator[Database]:
    database = Database("orders", database_url(settings, "orders"))
    yield database
    await database.close()


@pytest.fixture
def scope() -> Scope:
    """A tenant that nobody else has, and somebody in it."""
    return Scope(new_id(), actor_id=new_id())


@pytest.fixture
def client(app: Litestar, settings: KernelSettings, scope: Scope) -> SubgraphClient:
    """The tenant's owner."""
    assert scope.tenant_id
    return SubgraphClient(app, "orders", settings, identity_of(scope.tenant_id))
