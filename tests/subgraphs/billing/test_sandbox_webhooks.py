"""The sandbox's own webhooks over HTTP: doubled, shuffled and late, they settle what nobody else does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest
import uvicorn
from litestar import Litestar

from shared_models.billing import books, repository, service
from shared_models.billing.models import Payment, PaymentStatus
from shared_models.billing.processing import Accepted, Charge, Declined, Return
from shared_models.billing.stripe_gateway import StripeGateway
from shared_models.kernel.database import Database
from shared_models.kernel.identity import Identity
from shared_models.kernel.ids import new_id
from shared_models.kernel.money import Money
from shared_models.kernel.settings import KernelSettings
from subgraphs.app import build_app
from tests.shared_models.billing.stripe_server import WEBHOOK_SECRET, stripe_server
from tests.support.ports import free_port
from tests.support.subgraph_client import identity_of

METHODS = ("pm_card_visa", "pm_card_chargeDeclined")


@asynccontextmanager
async def listening(app: Litestar, port: int) -> AsyncIterator[None]:
    """Serves the app over a socket."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", ws="none"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await task


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Waits until it is so."""
    async with asyncio.timeout(60):
        while not await condition():
            await asyncio.sleep(0.02)


async def test_webhooks_alone_settle_payments_and_refunds(
    settings: KernelSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRELLIS_STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET)
    port, owner = free_port(), identity_of()
    app = build_app("billing", settings)
    async with (
        stripe_server(tmp_path, webhooks_to=f"http://127.0.0.1:{port}/webhooks/stripe") as stripe,
        listening(app, port),
    ):
        await stripe.faults(duplicate_webhooks=True, out_of_order=True)
        database: Database = app.state.services.database
        gateway = StripeGateway(stripe.settings)
        paid, declined = [await charged_but_unanswered(database, owner, gateway, method) for method in METHODS]

        async def settled() -> bool:
            return {payment.status for payment in await stored(database, owner, paid, declined)} == {
                PaymentStatus.CAPTURED,
                PaymentStatus.FAILED,
            }

        await until(settled)
        # One refund of ours whose answer we never record, one asked for at Stripe itself.
        captured, failed = await stored(database, owner, paid, declined)
        assert failed.failure_code == "card_declined"
        async with database.transaction(owner.scope()) as session:
            ours = await service.request_refund(session, paid.id, amount=Money(300, "GBP"), key="k")
        await gateway.refund(returning(captured, ours.id, 300), key=str(ours.id))
        await gateway.refund(returning(captured, new_id(), 700), key=str(new_id()))

        async def refunded() -> bool:
            (payment,) = await stored(database, owner, paid)
            return payment.status is PaymentStatus.REFUNDED

        await until(refunded)
        await gateway.close()
        async with database.transaction(owner.scope()) as session:
            assert await books.check_books(session) == []
            refunds = await repository.refunds_of(session, [paid.id])
        assert sorted(refund.amount for refund in refunds) == [300, 700]


async def charged_but_unanswered(database: Database, owner: Identity, gateway: StripeGateway, method: str) -> Payment:
    """A payment that Stripe has decided, and of whose answer nothing is on record."""
    async with database.transaction(owner.scope()) as session:
        payment = await service.open_payment(
            session, order_id=new_id(), number="1", amount=Money(1000, "GBP"), payment_method=method
        )
    order = Charge(payment.tenant_id, payment.order_id, "1", payment.id, payment.money, method)
    assert isinstance(await gateway.charge(order, key=str(payment.id)), Accepted | Declined)
    return payment


async def stored(database: Database, owner: Identity, *payments: Payment) -> list[Payment]:
    async with database.transaction(owner.scope()) as session:
        found = await repository.payments_by_id(session, [payment.id for payment in payments])
    return [found[payment.id] for payment in payments]


def returning(payment: Payment, refund_id: UUID, amount: int) -> Return:
    assert payment.processor_id is not None
    return Return(payment.tenant_id, payment.id, refund_id, payment.processor_id, Money(amount, "GBP"))
