"""The chain in its database: appended by many, read by auditors, tampered with by an intruder."""

import asyncio
import contextlib
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from shared_models.audit import repository, service
from shared_models.audit.models import AuditEntry
from shared_models.audit.repository import LogFilter
from shared_models.audit.service import ChainVerification, Happened
from shared_models.billing.events import PaymentCaptured
from shared_models.kernel.database import Database
from shared_models.kernel.ids import new_id
from shared_models.kernel.mesh_tables import outbox
from shared_models.kernel.money import Money
from shared_models.kernel.tenancy import Scope
from shared_models.orders.events import OrderFulfilled, OrderPaid
from tests.shared_models.audit.happenings import happened


async def append(database: Database, scope: Scope, *events: Happened) -> int:
    """Appends, in its turn."""
    while True:
        with contextlib.suppress(service.ChainBusy):
            async with database.transaction(scope) as session:
                return await service.append(session, events)


async def verify(database: Database, scope: Scope) -> ChainVerification:
    async with database.transaction(scope) as session:
        return await service.verify(session)


async def entries(database: Database, scope: Scope) -> list[AuditEntry]:
    async with database.transaction(scope) as session:
        return list(await session.scalars(select(AuditEntry).order_by(AuditEntry.sequence)))


async def test_a_batch_is_appended_in_the_order_it_happened_in(database: Database, scope: Scope) -> None:
    early, middle, late = (happened(minute=minute) for minute in (1, 2, 3))
    assert await append(database, scope, late, early, middle) == 3

    chain = await entries(database, scope)
    assert [entry.sequence for entry in chain] == [1, 2, 3]
    assert [entry.event_id for entry in chain] == [early.event_id, middle.event_id, late.event_id]
    assert [entry.previous_hash for entry in chain] == ["0" * 64, chain[0].hash, chain[1].hash]
    assert await verify(database, scope) == ChainVerification(True, 3, None)


async def test_an_event_is_recorded_once(database: Database, scope: Scope) -> None:
    one, two = happened(), happened()
    assert await append(database, scope, one, one) == 1
    assert await append(database, scope, one, two) == 1
    assert await append(database, scope, one, two) == 0

    async with database.transaction(scope) as session:
        grown = list(await session.scalars(select(outbox.c.payload).order_by(outbox.c.id)))
    assert grown == [{"first": 1, "last": 1}, {"first": 2, "last": 2}]


async def test_many_at_once_leave_no_gap(database: Database, scope: Scope) -> None:
    batches = [[happened() for _ in range(5)] for _ in range(12)]
    # Every batch is delivered twice, at the same time.
    await asyncio.gather(*(append(database, scope, *batch) for batch in batches * 2))

    chain = await entries(database, scope)
    assert [entry.sequence for entry in chain] == list(range(1, 61))
    assert {entry.event_id for entry in chain} == {one.event_id for batch in batches for one in batch}
    assert await verify(database, scope) == ChainVerification(True, 60, None)


async def test_nobody_waits_for_a_turn(database: Database, scope: Scope) -> None:
    await append(database, scope, happened())
    async with database.transaction(scope) as first:
        assert await service.append(first, [happened()]) == 1
        with pytest.raises(service.ChainBusy):
            async with database.transaction(scope) as second:
                await service.append(second, [happened()])
        other = Scope(new_id())
        assert await append(database, other, happened()) == 1, "another tenant's chain is not busy"


async def test_verifying_while_it_grows(database: Database, scope: Scope) -> None:
    await append(database, scope, happened())

    async def grow() -> None:
        for _ in range(20):
            await append(database, scope, happened())

    growing = asyncio.create_task(grow())
    while not growing.done():
        assert (await verify(database, scope)).valid
    await growing


async def test_a_tenant_sees_its_own_chain_alone(database: Database, scope: Scope) -> None:
    other = Scope(new_id())
    await append(database, scope, happened(), happened())
    await append(database, other, happened())

    assert [entry.sequence for entry in await entries(database, other)] == [1]
    assert await verify(database, other) == ChainVerification(True, 1, None)
    assert await verify(database, Scope(new_id())) == ChainVerification(True, 0, None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET action = 'x'",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_mention",
        "DELETE FROM audit_chain_head",
        "TRUNCATE audit_entry",
    ],
)
async def test_the_domain_itself_cannot_rewrite_its_log(database: Database, scope: Scope, statement: str) -> None:
    await append(database, scope, happened())
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.transaction(scope) as session:
            await session.execute(text(statement))


CHANGES = {
    "id": "gen_random_uuid()",
    "at": "at + interval '1 microsecond'",
    "occurred_at": "occurred_at - interval '1 microsecond'",
    "actor_id": "gen_random_uuid()",
    "action": "action || 'x'",
    "subject_type": "'User'",
    "subject_id": "gen_random_uuid()",
    "data": """data || '{"x": 1}'""",
    "event_id": "gen_random_uuid()",
    "trace_id": "NULL",
    "previous_hash": "repeat('0', 64)",
    "hash": "repeat('0', 64)",
}


def test_every_column_is_tampered_with() -> None:
    assert set(CHANGES) | {"tenant_id", "sequence"} == set(AuditEntry.__table__.columns.keys())


@pytest.mark.parametrize("column", CHANGES)
async def test_a_changed_column_names_its_entry(
    database: Database, scope: Scope, intruder: psycopg.AsyncConnection, column: str
) -> None:
    await append(database, scope, *(happened(minute=minute) for minute in range(4)))
    await tamper(intruder, f"UPDATE audit_entry SET {column} = {CHANGES[column]}", scope, "sequence = 3")

    assert await verify(database, scope) == ChainVerification(False, 2, 3)


@pytest.mark.parametrize(
    ("statement", "which", "broken"),
    [
        ("DELETE FROM audit_entry", "sequence = 2", 2),
        ("DELETE FROM audit_entry", "sequence > 2", 3),
        ("DELETE FROM audit_entry", "sequence > 0", 1),
        ("DELETE FROM audit_chain_head", "true", 1),
        ("UPDATE audit_chain_head SET sequence = 3", "true", 3),
        ("UPDATE audit_chain_head SET hash = repeat('0', 64)", "true", 4),
        ("UPDATE audit_entry SET sequence = 9", "sequence = 4", 4),
    ],
    ids=["one removed", "tail removed", "all removed", "head removed", "head moved", "head changed", "moved"],
)
async def test_what_was_removed_is_missed(
    database: Database, scope: Scope, intruder: psycopg.AsyncConnection, statement: str, which: str, broken: int
) -> None:
    await append(database, scope, *(happened(minute=minute) for minute in range(4)))
    await tamper(intruder, statement, scope, which)

    assert await verify(database, scope) == ChainVerification(False, broken - 1, broken)


async def tamper(intruder: psycopg.AsyncConnection, statement: str, scope: Scope, which: str) -> None:
    changed = await intruder.execute(f"{statement} WHERE tenant_id = '{scope.tenant_id}' AND {which}".encode())
    assert changed.rowcount > 0


async def test_trails_come_in_one_statement(database: Database, scope: Scope) -> None:
    payment, order, other = new_id(), new_id(), new_id()
    await append(
        database,
        scope,
        happened(PaymentCaptured(payment, order, Money(1, "GBP"), "pi_1"), minute=1),
        happened(OrderPaid(order, Money(1, "GBP")), minute=2),
        happened(OrderFulfilled(order), minute=3),
        happened(OrderFulfilled(other), minute=4),
    )

    async def trails(after: int, limit: int) -> dict[UUID, list[int]]:
        async with database.transaction(scope) as session:
            found = await repository.trails(session, [payment, order, other, new_id()], after, limit)
        return {subject_id: [entry.sequence for entry in trail] for subject_id, trail in found.items()}

    assert await trails(0, 2) == {payment: [1], order: [1, 2], other: [4]}
    assert await trails(2, 2) == {order: [3], other: [4]}
    async with database.transaction(scope) as session:
        assert await repository.count_mentions(session, [order, payment]) == {order: 3, payment: 1}
    async with database.transaction(Scope(new_id())) as session:
        assert await repository.trails(session, [order], 0, 5) == {}, "another tenant's order"


async def test_what_the_log_is_asked_for(database: Database, scope: Scope) -> None:
    somebody, order = new_id(), new_id()
    await append(
        database,
        scope,
        happened(minute=1),
        happened(OrderPaid(order, Money(1, "GBP")), minute=2, actor_id=somebody),
        happened(OrderFulfilled(order), minute=3),
    )
    second = (await entries(database, scope))[1].occurred_at

    async def found(before: int | None = None, **asked: Any) -> list[int]:
        async with database.transaction(scope) as session:
            rows = await repository.log_before(session, LogFilter(**asked), before, 10)
            if before is None:
                assert await repository.count_log(session, LogFilter(**asked)) == len(rows)
        return [row.sequence for row in rows]

    assert await found() == [3, 2, 1]
    assert await found(before=3) == [2, 1]
    assert await found(action="orders.OrderFulfilled") == [3, 1]
    assert await found(subject_id=order) == [3, 2]
    assert await found(actor_id=somebody) == [2]
    assert await found(since=second) == [3, 2]
    assert await found(until=second) == [1]
    assert await found(subject_id=order, until=second) == []
