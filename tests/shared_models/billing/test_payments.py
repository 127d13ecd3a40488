"""A payment is settled once, by whoever comes first."""

import asyncio

import pytest

from shared_models.billing import books, repository, service
from shared_models.billing.models import Payment, PaymentStatus, Processor
from shared_models.billing.processing import Accepted, Declined, Outcome, Undecided
from shared_models.kernel.database import Database
from shared_models.kernel.ids import new_id
from shared_models.kernel.money import Money
from shared_models.kernel.tenancy import Scope
from tests.shared_models.billing.outbox import told


async def settle(database: Database, scope: Scope, payment: Payment, outcome: Outcome) -> None:
    async with database.transaction(scope) as session:
        await service.settle_payment(session, payment.id, outcome)


async def stored(database: Database, scope: Scope, payment: Payment) -> Payment:
    async with database.transaction(scope) as session:
        return (await repository.payments_by_id(session, [payment.id]))[payment.id]


async def test_opening_again_finds_the_payment_and_counts_the_attempt(
    database: Database, scope: Scope, pending: Payment
) -> None:
    async with database.transaction(scope) as session:
        again = await service.open_payment(
            session, order_id=pending.order_id, number="1", amount=Money(5, "EUR"), payment_method="pm_other"
        )

    assert (again.id, again.money, again.attempts) == (pending.id, Money(1000, "GBP"), 2)


async def test_a_capture_posts_invoices_and_tells_once(database: Database, scope: Scope, pending: Payment) -> None:
    for _ in range(2):
        await settle(database, scope, pending, Accepted("pi_1"))

    payment = await stored(database, scope, pending)
    assert (payment.status, payment.processor_id) == (PaymentStatus.CAPTURED, "pi_1")
    assert await told(database, scope) == ["billing.PaymentCaptured"]
    async with database.transaction(scope) as session:
        assert await books.trial_balance(session) == [books.TrialBalanceLine("GBP", 1000, 1000)]
        assert await books.check_books(session) == []
        invoice = (await repository.invoices_by_order(session, [pending.order_id]))[pending.order_id]
    assert invoice.number.startswith("INV-")


async def test_of_many_at_once_one_captures(database: Database, scope: Scope, pending: Payment) -> None:
    await asyncio.gather(*(settle(database, scope, pending, Accepted("pi_1")) for _ in range(8)))

    assert await told(database, scope) == ["billing.PaymentCaptured"]
    async with database.transaction(scope) as session:
        assert await books.trial_balance(session) == [books.TrialBalanceLine("GBP", 1000, 1000)]


async def test_a_decline_is_final_and_posts_nothing(database: Database, scope: Scope, pending: Payment) -> None:
    await settle(database, scope, pending, Declined("card_declined", "pi_1"))
    await settle(database, scope, pending, Accepted("pi_1"))

    payment = await stored(database, scope, pending)
    assert (payment.status, payment.failure_code) == (PaymentStatus.FAILED, "card_declined")
    assert await told(database, scope) == ["billing.PaymentFailed"]
    async with database.transaction(scope) as session:
        assert await books.trial_balance(session) == []


async def test_an_undecided_payment_waits_under_the_processors_name(
    database: Database, scope: Scope, pending: Payment
) -> None:
    await settle(database, scope, pending, Undecided("pi_1"))

    payment = await stored(database, scope, pending)
    assert (payment.status, payment.processor_id) == (PaymentStatus.PENDING, "pi_1")
    assert await told(database, scope) == []


@pytest.mark.parametrize(
    ("amount", "method", "processor"),
    [
        (100, "pm_card_visa", Processor.STRIPE),
        (100, "external:shopify", Processor.EXTERNAL),
        (0, "pm_card_visa", Processor.EXTERNAL),
    ],
)
def test_who_moves_the_money(amount: int, method: str, processor: Processor) -> None:
    assert service.processor_of(Money(amount, "GBP"), method) is processor


async def test_nothing_to_pay_is_paid_without_a_posting(database: Database, scope: Scope) -> None:
    async with database.transaction(scope) as session:
        payment = await service.open_payment(
            session, order_id=new_id(), number="2", amount=Money(0, "GBP"), payment_method="pm_card_visa"
        )
        await service.settle_payment(session, payment.id, Accepted("free"))

    assert await told(database, scope) == ["billing.PaymentCaptured"]
    async with database.transaction(scope) as session:
        assert await books.trial_balance(session) == []
        assert await books.check_books(session) == []


async def test_a_return_is_credited_once(database: Database, scope: Scope) -> None:
    return_id = new_id()
    for _ in range(2):
        async with database.transaction(scope) as session:
            await service.grant_credit(session, return_id=return_id, customer="17850", amount=Money(450, "GBP"))

    assert await told(database, scope) == ["billing.CreditGranted"]
    async with database.transaction(scope) as session:
        assert await books.trial_balance(session) == [books.TrialBalanceLine("GBP", 450, 450)]
        assert await books.check_books(session) == []
