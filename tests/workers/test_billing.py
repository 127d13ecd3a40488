"""Billing's actors, against the Stripe sandbox."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from shared_models.billing import books, repository, service
from shared_models.billing.jobs import RefundPayment
from shared_models.billing.models import Payment, PaymentStatus
from shared_models.billing.processing import Accepted
from shared_models.kernel.ids import new_id
from shared_models.kernel.money import Money
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Lane, Scope
from shared_models.orders.events import CreditAccepted, OrderCancelled, OrderReserved, ReturnAccepted
from tests.shared_models.billing.stripe_server import StripeServer, stripe_server
from tests.workers.delivering import Delivering
from workers import billing

TOTAL = Money(1000, "GBP")


@pytest.fixture(scope="module")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[StripeServer]:
    """Stripe, as far as the actors can tell."""
    async with stripe_server(tmp_path_factory.mktemp("stripe")) as running:
        yield running


@pytest.fixture
async def mesh(
    settings: KernelSettings, sandbox: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Delivering]:
    """Billing's worker for a tenant of its own, configured by its environment."""
    monkeypatch.setenv("TRELLIS_STRIPE_API_BASE", sandbox.url)
    billing.gateway.cache_clear()
    delivering = Delivering(settings, billing.actors, Scope(new_id(), Lane.STANDARD, new_id()))
    yield delivering
    await billing.gateway().close()
    billing.gateway.cache_clear()
    await delivering.close()
    await sandbox.faults()


def reserved(method: str = "pm_card_visa") -> OrderReserved:
    return OrderReserved(new_id(), "1", TOTAL, method)


async def payment_of(mesh: Delivering, order_id: UUID) -> Payment:
    async with mesh.database.transaction(mesh.scope) as session:
        assert await books.check_books(session) == []
        return (await repository.payments_by_order(session, [order_id]))[order_id]


async def charged(mesh: Delivering, method: str = "pm_card_visa") -> Payment:
    order = reserved(method)
    await mesh.deliver("billing.charge", order)
    return await payment_of(mesh, order.order_id)


async def test_a_reserved_order_is_charged_once(mesh: Delivering, sandbox: StripeServer) -> None:
    order, ids = reserved(), [new_id()]
    for _ in range(3):
        (job,) = await mesh.deliver("billing.charge", order, ids=ids)
        assert job.state == "done"

    payment = await payment_of(mesh, order.order_id)
    assert (payment.status, payment.attempts) == (PaymentStatus.CAPTURED, 1)
    assert await sandbox.charged(order.order_id) == 1
    assert await mesh.told() == ["billing.PaymentCaptured"]


async def test_a_decline_is_told_and_final(mesh: Delivering) -> None:
    payment = await charged(mesh, "pm_card_chargeDeclined")

    assert (payment.status, payment.failure_code) == (PaymentStatus.FAILED, "card_declined")
    assert payment.processor_id is not None
    assert await mesh.told() == ["billing.PaymentFailed"]


async def test_an_order_paid_elsewhere_is_only_posted(mesh: Delivering, sandbox: StripeServer) -> None:
    payment = await charged(mesh, "external:shopify")

    assert (payment.status, payment.processor_id) == (PaymentStatus.CAPTURED, "external:shopify")
    assert await sandbox.charged(payment.order_id) == 0


async def test_a_lost_answer_is_asked_for_again_and_charged_once(mesh: Delivering, sandbox: StripeServer) -> None:
    order, ids = reserved(), [new_id()]
    await sandbox.faults(drop_response_rate=1)
    (job,) = await mesh.deliver("billing.charge", order, ids=ids)
    assert (job.state, job.error["code"]) == ("queued", "PAYMENT_PROCESSOR_UNAVAILABLE")
    await sandbox.faults()
    (job,) = await mesh.deliver("billing.charge", order, ids=ids)

    assert job.state == "done"
    payment = await payment_of(mesh, order.order_id)
    assert (payment.status, payment.attempts) == (PaymentStatus.CAPTURED, 2)
    assert await sandbox.charged(order.order_id) == 1


async def test_the_webhook_may_have_been_first(mesh: Delivering, sandbox: StripeServer) -> None:
    order = reserved()
    async with mesh.database.transaction(mesh.scope) as session:
        payment = await service.open_payment(
            session, order_id=order.order_id, number="1", amount=TOTAL, payment_method="pm_card_visa"
        )
        await service.settle_payment(session, payment.id, Accepted("pi_1"))
    (job,) = await mesh.deliver("billing.charge", order)

    assert job.state == "done"
    assert await sandbox.charged(order.order_id) == 0
    assert await mesh.told() == ["billing.PaymentCaptured"]


@pytest.mark.parametrize("method", ["pm_card_visa", "external:shopify"])
async def test_a_cancelled_order_is_refunded_once(mesh: Delivering, method: str) -> None:
    payment = await charged(mesh, method)
    cancelled, ids = OrderCancelled(payment.order_id, [], TOTAL), [new_id()]
    for _ in range(2):
        await mesh.deliver("billing.refund_cancelled", cancelled, ids=ids)

    after = await payment_of(mesh, payment.order_id)
    assert (after.status, after.refunded) == (PaymentStatus.REFUNDED, 1000)
    assert await mesh.told() == ["billing.PaymentCaptured", "billing.PaymentRefunded"]


async def test_returns_and_a_cancellation_at_once_refund_what_was_paid(mesh: Delivering) -> None:
    payment = await charged(mesh)
    returns = [ReturnAccepted(new_id(), payment.order_id, [], Money(300, "GBP")) for _ in range(4)]
    jobs = [mesh.deliver("billing.refund_return", one) for one in returns]
    cancelling = mesh.deliver("billing.refund_cancelled", OrderCancelled(payment.order_id, [], TOTAL))
    ended = [job for (job,) in await asyncio.gather(*jobs, cancelling)]

    after = await payment_of(mesh, payment.order_id)
    assert (after.status, after.refunded) == (PaymentStatus.REFUNDED, 1000)
    assert {job.state for job in ended} == {"done"}
    told = await mesh.told()
    assert told.count("billing.PaymentRefunded") + told.count("billing.RefundFailed") == len(ended)


async def test_a_cancellation_leaves_to_a_return_what_is_the_returns(mesh: Delivering) -> None:
    payment = await charged(mesh)
    rest = OrderCancelled(payment.order_id, [], Money(700, "GBP"))
    await mesh.deliver("billing.refund_cancelled", rest)
    (job,) = await mesh.deliver(
        "billing.refund_return", ReturnAccepted(new_id(), payment.order_id, [], Money(300, "GBP"))
    )

    assert job.state == "done"
    after = await payment_of(mesh, payment.order_id)
    assert (after.status, after.refunded) == (PaymentStatus.REFUNDED, 1000)


async def test_a_refund_waits_for_its_payment_but_not_for_ever(mesh: Delivering) -> None:
    early = ReturnAccepted(new_id(), new_id(), [], TOTAL)
    (job,) = await mesh.deliver("billing.refund_return", early)
    assert (job.state, job.attempt) == ("queued", 0)

    (job,) = await mesh.deliver("billing.refund_return", early, at=datetime.now(UTC) - timedelta(days=2))
    assert (job.state, job.error["code"]) == ("dead", "PAYMENT_NOT_CAPTURED")


async def test_a_requested_refund_is_carried_out(mesh: Delivering) -> None:
    payment = await charged(mesh)
    async with mesh.database.transaction(mesh.scope) as session:
        refund = await service.request_refund(session, payment.id, amount=Money(1, "GBP"), key="k")
    (job,) = await mesh.deliver("billing.RefundPayment", RefundPayment(refund.id))

    assert job.state == "done"
    after = await payment_of(mesh, payment.order_id)
    assert (after.status, after.refunded) == (PaymentStatus.PARTIALLY_REFUNDED, 1)


async def test_a_credit_is_granted_once(mesh: Delivering) -> None:
    accepted = CreditAccepted(new_id(), "17850", Money(450, "GBP"))
    for _ in range(2):
        await mesh.deliver("billing.grant_credit", accepted)

    assert await mesh.told() == ["billing.CreditGranted"]
