"""Billing as it is served, and a tenant of its own for each test."""

from collections.abc import AsyncIterator

import pytest
from litestar import Litestar

from shared_models.billing import service
from shared_models.billing.models import Payment
from shared_models.billing.processing import Accepted
from shared_models.kernel.database import Database
from shared_models.kernel.identity import Identity
from shared_models.kernel.ids import new_id
from shared_models.kernel.money import Money
from shared_models.kernel.settings import KernelSettings
from tests.support.subgraph_client import SubgraphClient, identity_of, served

WEBHOOK_SECRET = "whsec_of_the_tests"


@pytest.fixture
async def app(settings: KernelSettings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Litestar]:
    """The app, with a webhook secret in its environment."""
    monkeypatch.setenv("TRELLIS_STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET)
    async with served("billing", settings) as app:
        yield app


@pytest.fixture
def database(app: Litestar) -> Database:
    """The app's own pool."""
    database: Database = app.state.services.database
    return database


@pytest.fixture
def owner() -> Identity:
    """The owner of a fresh tenant."""
    return identity_of()


@pytest.fixture
def client(app: Litestar, settings: KernelSettings, owner: Identity) -> SubgraphClient:
    """The owner's requests."""
    return SubgraphClient(app, "billing", settings, owner)


@pytest.fixture
async def pending(database: Database, owner: Identity) -> Payment:
    """A payment of 1000 GBP that Stripe has not answered."""
    async with database.transaction(owner.scope()) as session:
        return await service.open_payment(
            session, order_id=new_id(), number="1", amount=Money(1000, "GBP"), payment_method="pm_card_visa"
        )


@pytest.fixture
async def captured(database: Database, owner: Identity, pending: Payment) -> Payment:
    """A payment of 1000 GBP that was captured."""
    async with database.transaction(owner.scope()) as session:
        await service.settle_payment(session, pending.id, Accepted(f"pi_{pending.id.hex}"))
    return pending
