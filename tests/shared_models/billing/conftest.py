"""Billing's database, and a tenant of its own for each test."""

from collections.abc import AsyncIterator

import pytest

from shared_models.billing import service
from shared_models.billing.models import Payment
from shared_models.billing.processing import Accepted
from shared_models.kernel.database import Database, database_url
from shared_models.kernel.ids import new_id
from shared_models.kernel.money import Money
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Lane, Scope
from tests.shared_models.billing.stripe_server import StripeServer, stripe_server


@pytest.fixture(scope="session")
async def database(settings: KernelSettings) -> AsyncIterator[Database]:
    """The pool of billing's own role."""
    database = Database("billing", database_url(settings, "billing"), pool_size=10)
    yield database
    await database.close()


@pytest.fixture
def scope() -> Scope:
    """A fresh tenant, in whose lane somebody works."""
    return Scope(new_id(), Lane.PREMIUM, new_id())


@pytest.fixture
async def pending(database: Database, scope: Scope) -> Payment:
    """A payment of 1000 GBP that Stripe has not answered."""
    async with database.transaction(scope) as session:
        return await service.open_payment(
            session, order_id=new_id(), number="1", amount=Money(1000, "GBP"), payment_method="pm_card_visa"
        )


@pytest.fixture
async def captured(database: Database, scope: Scope, pending: Payment) -> Payment:
    """A payment of 1000 GBP that was captured."""
    async with database.transaction(scope) as session:
        await service.settle_payment(session, pending.id, Accepted(f"pi_{pending.id.hex}"))
    async with database.transaction(scope) as session:
        return await service.captured_payment(session, pending.order_id)


@pytest.fixture(scope="session")
async def stripe_sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[StripeServer]:
    """A Stripe that nobody's webhooks come from."""
    async with stripe_server(tmp_path_factory.mktemp("stripe")) as running:
        yield running
