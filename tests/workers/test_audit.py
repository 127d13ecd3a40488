"""Audit's actor: every event, once, in the tenant's chain."""

import importlib
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import pytest

from shared_models.accounts.events import UserLoggedIn
from shared_models.audit import repository, service
from shared_models.audit.service import ChainVerification
from shared_models.kernel.events import Event
from shared_models.kernel.ids import new_id
from shared_models.kernel.money import Money
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Lane, Scope
from shared_models.orders.events import OrderFulfilled, OrderPaid
from tests.workers.delivering import Delivering
from workers import audit

#: Every domain that tells of anything, but audit itself.
RECORDED = {path.parent.name for path in Path(str(files("shared_models"))).glob("*/events.py")} - {"kernel", "audit"}


@pytest.fixture
async def mesh(settings: KernelSettings) -> AsyncIterator[Delivering]:
    """Audit's worker for a tenant of its own."""
    delivering = Delivering(settings, audit.actors, Scope(new_id(), Lane.STANDARD, new_id()))
    yield delivering
    await delivering.close()


def test_every_event_of_the_other_domains_is_recorded() -> None:
    modules = [importlib.import_module(f"shared_models.{domain}.events") for domain in RECORDED]
    told = {
        kind.name()
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Event) and not kind.__subclasses__()
    }
    assert set(audit.actors.actors["audit.append"].accepts) == told
    assert "billing.PaymentCaptured" in told


async def test_a_batch_is_one_transaction_however_often_it_comes(mesh: Delivering) -> None:
    order, ids = new_id(), [new_id() for _ in range(3)]
    events = OrderPaid(order, Money(1, "GBP")), OrderFulfilled(order), UserLoggedIn(new_id())
    for _ in range(2):
        jobs = await mesh.deliver("audit.append", *events, ids=ids)
        assert [job.state for job in jobs] == ["done"] * 3

    async with mesh.database.transaction(mesh.scope) as session:
        assert await service.verify(session) == ChainVerification(True, 3, None)
        trail = (await repository.trails(session, [order], 0, 10))[order]
    assert {entry.action for entry in trail} == {"orders.OrderPaid", "orders.OrderFulfilled"}
    assert {entry.actor_id for entry in trail} == {mesh.scope.actor_id}
    assert await mesh.told() == ["audit.EntriesAppended"]


async def test_a_batch_steps_back_while_another_is_appended(mesh: Delivering) -> None:
    await mesh.deliver("audit.append", OrderFulfilled(new_id()))
    async with mesh.database.transaction(mesh.scope) as session:
        await repository.lock_head(session)
        (job,) = await mesh.deliver("audit.append", OrderFulfilled(new_id()))
    assert (job.state, job.attempt) == ("queued", 0)
