"""No more goes back than was paid, whoever asks, however often and however many at once."""

import asyncio
from collections import Counter

import pytest

from shared_models.billing import books, repository, service
from shared_models.billing.models import Payment, PaymentStatus, Refund, RefundStatus
from shared_models.billing.processing import Accepted, Declined
from shared_models.kernel.database import Database
from shared_models.kernel.errors import UserError
from shared_models.kernel.ids import new_id
from shared_models.kernel.money import Money
from shared_models.kernel.tenancy import Scope
from tests.shared_models.billing.outbox import told


async def book(database: Database, scope: Scope, payment: Payment, key: str, amount: int | None) -> Refund | None:
    async with database.transaction(scope) as session:
        asked = None if amount is None else Money(amount, "GBP")
        return await service.book_refund(session, payment.id, key=key, amount=asked)


async def give_back(database: Database, scope: Scope, payment: Payment, refund: Refund | None) -> None:
    assert refund is not None
    async with database.transaction(scope) as session:
        await service.settle_refund(session, payment.id, refund.id, Accepted(f"re_{refund.id.hex}"))


async def status(database: Database, scope: Scope, payment: Payment) -> tuple[PaymentStatus, int]:
    async with database.transaction(scope) as session:
        stored = (await repository.payments_by_id(session, [payment.id]))[payment.id]
        assert await books.check_books(session) == []
    return stored.status, stored.refunded


async def test_in_parts_and_then_the_rest(database: Database, scope: Scope, captured: Payment) -> None:
    await give_back(database, scope, captured, await book(database, scope, captured, "a", 400))
    assert await status(database, scope, captured) == (PaymentStatus.PARTIALLY_REFUNDED, 400)

    await give_back(database, scope, captured, await book(database, scope, captured, "b", None))
    assert await status(database, scope, captured) == (PaymentStatus.REFUNDED, 1000)
    assert await told(database, scope) == [
        "billing.PaymentCaptured",
        "billing.PaymentRefunded",
        "billing.PaymentRefunded",
    ]
    assert await book(database, scope, captured, "c", None) is None, "nothing is left"


async def test_one_key_is_one_refund(database: Database, scope: Scope, captured: Payment) -> None:
    first, second = [await book(database, scope, captured, "a", 400) for _ in range(2)]
    assert first is not None
    assert second is not None
    assert first.id == second.id

    for _ in range(2):
        await give_back(database, scope, captured, first)
    assert await status(database, scope, captured) == (PaymentStatus.PARTIALLY_REFUNDED, 400)
    with pytest.raises(UserError) as refused:
        await book(database, scope, captured, "a", 401)
    assert refused.value.code == "IDEMPOTENCY_KEY_REUSED"


async def test_many_at_once_never_exceed_the_payment(database: Database, scope: Scope, captured: Payment) -> None:
    async def refund(number: int) -> str:
        try:
            booked = await book(database, scope, captured, f"key {number}", 300)
        except UserError as error:
            return error.code
        await give_back(database, scope, captured, booked)
        return "refunded"

    ends = Counter(await asyncio.gather(*(refund(number) for number in range(10))))
    assert ends == {"refunded": 3, "REFUND_EXCEEDS_PAYMENT": 7}
    assert await status(database, scope, captured) == (PaymentStatus.PARTIALLY_REFUNDED, 900)


async def test_a_failed_refund_frees_its_amount(database: Database, scope: Scope, captured: Payment) -> None:
    failed = await book(database, scope, captured, "a", 1000)
    assert failed is not None
    async with database.transaction(scope) as session:
        await service.settle_refund(session, captured.id, failed.id, Declined("expired_or_canceled_card"))

    assert await status(database, scope, captured) == (PaymentStatus.CAPTURED, 0)
    await give_back(database, scope, captured, await book(database, scope, captured, "b", 1000))
    assert await status(database, scope, captured) == (PaymentStatus.REFUNDED, 1000)
    assert (await told(database, scope))[1:] == ["billing.RefundFailed", "billing.PaymentRefunded"]


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (Money(1001, "GBP"), "REFUND_EXCEEDS_PAYMENT"),
        (Money(0, "GBP"), "AMOUNT_NOT_POSITIVE"),
        (Money(-5, "GBP"), "AMOUNT_NOT_POSITIVE"),
        (Money(5, "EUR"), "CURRENCY_MISMATCH"),
    ],
)
async def test_what_cannot_be_refunded(
    database: Database, scope: Scope, captured: Payment, amount: Money, code: str
) -> None:
    with pytest.raises(UserError) as refused:
        async with database.transaction(scope) as session:
            await service.request_refund(session, captured.id, amount=amount, key="a")

    assert refused.value.code == code
    async with database.transaction(scope) as session:
        assert await repository.refunds_of(session, [captured.id]) == []


async def test_what_was_not_paid_is_not_refunded(database: Database, scope: Scope, pending: Payment) -> None:
    with pytest.raises(UserError) as refused:
        await book(database, scope, pending, "a", 5)
    assert refused.value.code == "PAYMENT_NOT_CAPTURED"
    async with database.transaction(scope) as session:
        with pytest.raises(service.PaymentNotCaptured):
            await service.captured_payment(session, pending.order_id)


async def test_another_tenants_payment_does_not_exist(database: Database, captured: Payment) -> None:
    with pytest.raises(UserError) as refused:
        await book(database, Scope(new_id()), captured, "a", 5)
    assert refused.value.code == "PAYMENT_NOT_FOUND"


async def test_a_requested_refund_is_pending_with_its_job(database: Database, scope: Scope, captured: Payment) -> None:
    async with database.transaction(scope) as session:
        refund = await service.request_refund(session, captured.id, amount=None, key="a")
        again = await service.request_refund(session, captured.id, amount=None, key="a")

    assert (refund.id, refund.status, refund.amount) == (again.id, RefundStatus.PENDING, 1000)
