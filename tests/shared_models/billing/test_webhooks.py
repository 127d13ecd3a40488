"""Webhooks: once each, in any order, and never against what is on record."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span
from sqlalchemy import select

from shared_models.billing import books, repository, service, webhooks
from shared_models.billing.models import Payment, PaymentStatus, Refund
from shared_models.billing.processing import Accepted, Declined
from shared_models.billing.stripe_gateway import WebhookEvent
from shared_models.billing.webhooks import Notice, OutOfOrder, Told
from shared_models.kernel.database import Database
from shared_models.kernel.ids import new_id
from shared_models.kernel.mesh_tables import outbox
from shared_models.kernel.money import Money
from shared_models.kernel.tenancy import Lane, Scope
from tests.shared_models.billing.outbox import told


def event(payment: Payment, kind: str, thing: dict[str, Any], **metadata: object) -> WebhookEvent:
    """An event as Stripe sends it, about something of a payment."""
    known = {"tenant_id": payment.tenant_id, "payment_id": payment.id, "order_id": payment.order_id}
    said = {name: str(value) for name, value in (known | metadata).items()}
    body = {"amount": payment.amount, "currency": payment.currency.lower(), "metadata": said} | thing
    return msgspec.convert({"id": f"evt_{new_id().hex}", "type": kind, "data": {"object": body}}, WebhookEvent)


def notice(payment: Payment, kind: str, thing: dict[str, Any], **metadata: object) -> Notice:
    found = webhooks.notice_of(event(payment, kind, thing, **metadata))
    assert found is not None
    return found


def succeeded(payment: Payment) -> Notice:
    return notice(payment, "payment_intent.succeeded", {"id": "pi_1"})


async def captures(database: Database, scope: Scope) -> int:
    async with database.transaction(scope) as session:
        assert await books.check_books(session) == []
    return (await told(database, scope)).count("billing.PaymentCaptured")


async def test_before_our_own_answer(database: Database, scope: Scope, pending: Payment) -> None:
    assert await webhooks.receive(database, succeeded(pending)) is Told.APPLIED
    async with database.transaction(scope) as session:
        await service.settle_payment(session, pending.id, Accepted("pi_1"))

    assert await captures(database, scope) == 1


async def test_after_our_own_answer(database: Database, scope: Scope, pending: Payment) -> None:
    async with database.transaction(scope) as session:
        await service.settle_payment(session, pending.id, Accepted("pi_1"))

    assert await webhooks.receive(database, succeeded(pending)) is Told.KNOWN
    assert await captures(database, scope) == 1


async def test_twice_and_at_once(database: Database, scope: Scope, pending: Payment) -> None:
    same = succeeded(pending)
    answers = await asyncio.gather(*(webhooks.receive(database, same) for _ in range(6)))

    assert answers.count(Told.APPLIED) == 1
    assert set(answers) == {Told.APPLIED, Told.KNOWN}
    assert await webhooks.receive(database, same) is Told.KNOWN
    assert await captures(database, scope) == 1


async def test_a_decline(database: Database, scope: Scope, pending: Payment) -> None:
    declined = {"id": "pi_1", "last_payment_error": {"code": "card_declined"}}
    assert await webhooks.receive(database, notice(pending, "payment_intent.payment_failed", declined)) is Told.APPLIED
    async with database.transaction(scope) as session:
        await service.settle_payment(session, pending.id, Declined("card_declined", "pi_1"))

    assert await told(database, scope) == ["billing.PaymentFailed"]


async def test_what_follows_keeps_the_orders_lane_person_and_trace(database: Database, scope: Scope) -> None:
    ordered = SpanContext(0x0AF7651916CD43DD8448EB211C80319C, 1, is_remote=True, trace_flags=TraceFlags(1))
    with use_span(NonRecordingSpan(ordered)):
        async with database.transaction(scope) as session:
            payment = await service.open_payment(
                session, order_id=new_id(), number="1", amount=Money(5000, "GBP"), payment_method="pm_card_visa"
            )
    await webhooks.receive(database, succeeded(payment))

    async with database.transaction(scope) as session:
        (row,) = await session.execute(select(outbox.c.lane, outbox.c.actor_id, outbox.c.trace))
    assert (row.lane, row.actor_id) == (Lane.PREMIUM, scope.actor_id)
    assert "0af7651916cd43dd8448eb211c80319c" in row.trace["traceparent"]


@pytest.mark.parametrize(
    "thing",
    [{"amount": 999}, {"currency": "eur"}, {"id": "pi_other"}],
    ids=["amount", "currency", "another intent"],
)
async def test_what_contradicts_the_record_is_not_booked(
    database: Database, scope: Scope, pending: Payment, thing: dict[str, Any]
) -> None:
    async with database.transaction(scope) as session:
        await repository.note_processor_id(session, pending.id, "pi_1")
    wrong = notice(pending, "payment_intent.succeeded", {"id": "pi_1"} | thing)

    assert await webhooks.receive(database, wrong) is Told.CONTRADICTS
    assert await told(database, scope) == []


async def test_money_for_what_was_declined_is_left_to_a_person(
    database: Database, scope: Scope, pending: Payment
) -> None:
    async with database.transaction(scope) as session:
        await service.settle_payment(session, pending.id, Declined("card_declined", "pi_1"))

    assert await webhooks.receive(database, succeeded(pending)) is Told.CONTRADICTS
    assert await captures(database, scope) == 0


async def test_an_unknown_payment_is_acknowledged_and_kept(database: Database, scope: Scope) -> None:
    stranger = Payment(
        id=new_id(), tenant_id=scope.tenant_id, order_id=new_id(), amount=5, currency="GBP", status="PENDING"
    )
    assert await webhooks.receive(database, succeeded(stranger)) is Told.UNKNOWN_PAYMENT
    assert await told(database, scope) == []


async def test_another_tenants_payment_is_unknown(database: Database, pending: Payment, scope: Scope) -> None:
    elsewhere = webhooks.notice_of(event(pending, "payment_intent.succeeded", {"id": "pi_1"}, tenant_id=new_id()))
    assert elsewhere is not None
    assert await webhooks.receive(database, elsewhere) is Told.UNKNOWN_PAYMENT
    assert await told(database, scope) == []


@pytest.mark.parametrize(
    ("kind", "metadata"),
    [
        ("customer.created", {}),
        ("payment_intent.succeeded", {"tenant_id": "nonsense"}),
        ("payment_intent.succeeded", {"payment_id": ""}),
        ("refund.created", {"refund_id": "nonsense"}),
    ],
)
def test_what_does_not_concern_us(kind: str, metadata: dict[str, str]) -> None:
    payment = Payment(id=new_id(), tenant_id=new_id(), order_id=new_id(), amount=5, currency="GBP")
    assert webhooks.notice_of(event(payment, kind, {"id": "x", "status": "succeeded"}, **metadata)) is None


async def test_a_refund_is_settled_by_whoever_is_first(database: Database, scope: Scope, captured: Payment) -> None:
    async with database.transaction(scope) as session:
        refund = await service.request_refund(session, captured.id, amount=Money(300, "GBP"), key="a")
    thing = {"id": "re_1", "amount": 300, "status": "succeeded"}
    for kind in ("refund.created", "refund.updated"):
        await webhooks.receive(database, notice(captured, kind, thing, refund_id=refund.id))
    async with database.transaction(scope) as session:
        await service.settle_refund(session, captured.id, refund.id, Accepted("re_1"))
    sum_returned = notice(captured, "charge.refunded", {"id": "ch_1", "amount_refunded": 300})
    await webhooks.receive(database, sum_returned)

    assert (await told(database, scope)).count("billing.PaymentRefunded") == 1
    assert await stands(database, scope, captured.id) == (PaymentStatus.PARTIALLY_REFUNDED, 300)


async def test_a_refund_of_another_sum_or_payment_is_not_booked(
    database: Database, scope: Scope, captured: Payment
) -> None:
    async with database.transaction(scope) as session:
        refund = await service.request_refund(session, captured.id, amount=Money(300, "GBP"), key="a")
        other = await service.open_payment(
            session, order_id=new_id(), number="2", amount=Money(300, "GBP"), payment_method="pm_card_visa"
        )
    for payment, amount in ((captured, 301), (other, 300)):
        thing = {"id": "re_1", "amount": amount, "status": "succeeded"}
        wrong = notice(payment, "refund.created", thing, refund_id=refund.id)
        assert await webhooks.receive(database, wrong) is Told.CONTRADICTS

    assert await stands(database, scope, captured.id) == (PaymentStatus.CAPTURED, 0)


async def test_a_refund_made_at_stripe_is_booked_when_its_payment_is(
    database: Database, scope: Scope, pending: Payment
) -> None:
    returned = notice(pending, "charge.refunded", {"id": "ch_1", "amount_refunded": 1000})
    with pytest.raises(OutOfOrder):
        await webhooks.receive(database, returned)
    await webhooks.receive(database, succeeded(pending))
    for _ in range(2):
        await webhooks.receive(database, returned)

    assert await told(database, scope) == ["billing.PaymentCaptured", "billing.PaymentRefunded"]
    assert await stands(database, scope, pending.id) == (PaymentStatus.REFUNDED, 1000)


async def stands(database: Database, scope: Scope, payment_id: UUID) -> tuple[PaymentStatus, int]:
    async with database.transaction(scope) as session:
        assert await books.check_books(session) == []
        payment = (await repository.payments_by_id(session, [payment_id]))[payment_id]
    return payment.status, payment.refunded


async def test_an_answer_and_its_webhook_at_once_do_not_block_each_other(
    database: Database, scope: Scope, captured: Payment
) -> None:
    async def answered(refund: Refund) -> None:
        async with database.transaction(scope) as session:
            await service.settle_refund(session, captured.id, refund.id, Accepted(f"re_{refund.id.hex}"))

    async with database.transaction(scope) as session:
        refunds = [
            await service.request_refund(session, captured.id, amount=Money(10, "GBP"), key=str(number))
            for number in range(20)
        ]
    reported = [
        notice(
            captured,
            "refund.created",
            {"id": f"re_{refund.id.hex}", "amount": 10, "status": "succeeded"},
            refund_id=refund.id,
        )
        for refund in refunds
    ]
    await asyncio.gather(
        *(answered(refund) for refund in refunds), *(webhooks.receive(database, one) for one in reported)
    )

    assert (await told(database, scope)).count("billing.PaymentRefunded") == 20
    assert await stands(database, scope, captured.id) == (PaymentStatus.PARTIALLY_REFUNDED, 200)
