"""The ledger refuses what is not double entry, whoever writes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.errors import CheckViolation
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from shared_models.billing import books, ledger, repository
from shared_models.billing.ledger import Account, Entry, Posting, PostingKind
from shared_models.kernel.database import Database
from shared_models.kernel.ids import new_id
from shared_models.kernel.money import Money
from shared_models.kernel.tenancy import Scope

GBP = Money(339, "GBP")


@given(amount=st.integers(1, 2**62), kind=st.sampled_from(PostingKind))
def test_every_kind_of_posting_balances(amount: int, kind: PostingKind) -> None:
    money = Money(amount, "EUR")
    posting = {
        PostingKind.CAPTURE: lambda: ledger.capture(new_id(), money, Account.PROCESSOR_CLEARING),
        PostingKind.REFUND: lambda: ledger.refund(new_id(), money, Account.PROCESSOR_CLEARING),
        PostingKind.CREDIT: lambda: ledger.credit(new_id(), money),
    }[kind]()

    assert posting.kind is kind
    assert sum(entry.debit for entry in posting.entries) == sum(entry.credit for entry in posting.entries) == amount
    assert {entry.currency for entry in posting.entries} == {"EUR"}


@pytest.mark.parametrize(
    "entries",
    [
        (Entry(Account.PROCESSOR_CLEARING, "GBP", debit=5), Entry(Account.SALES, "GBP", credit=4)),
        (Entry(Account.PROCESSOR_CLEARING, "GBP", debit=5), Entry(Account.SALES, "EUR", credit=5)),
        (Entry(Account.SALES, "GBP", credit=5),),
    ],
    ids=["unequal sides", "other currency", "one side"],
)
async def test_an_unbalanced_posting_is_refused_at_commit(
    database: Database, scope: Scope, entries: tuple[Entry, ...]
) -> None:
    with pytest.raises(CheckViolation, match="does not balance"):
        async with database.transaction(scope) as session:
            await repository.post(session, Posting(PostingKind.CAPTURE, new_id(), entries))

    async with database.transaction(scope) as session:
        assert await books.trial_balance(session) == []


async def test_sides_are_held_against_each_other_over_all_statements(database: Database, scope: Scope) -> None:
    async with database.transaction(scope) as session:
        await repository.post(session, ledger.credit(new_id(), GBP))
    with pytest.raises(CheckViolation, match="does not balance"):
        async with database.transaction(scope) as session:
            await session.execute(
                text(
                    "INSERT INTO ledger_entry SELECT tenant_id, transaction_id, 9, account, currency, debit, credit "
                    "FROM ledger_entry WHERE line = 0"
                )
            )


async def test_a_source_is_posted_once(database: Database, scope: Scope) -> None:
    source = new_id()
    async with database.transaction(scope) as session:
        await repository.post(session, ledger.capture(source, GBP, Account.PROCESSOR_CLEARING))
    with pytest.raises(IntegrityError, match="ledger_transaction_source"):
        async with database.transaction(scope) as session:
            await repository.post(session, ledger.capture(source, GBP, Account.PROCESSOR_CLEARING))


@pytest.mark.parametrize("statement", ["UPDATE ledger_entry SET debit = debit + 1", "DELETE FROM ledger_entry"])
async def test_what_is_posted_stays(database: Database, scope: Scope, statement: str) -> None:
    async with database.transaction(scope) as session:
        await repository.post(session, ledger.credit(new_id(), GBP))
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.transaction(scope) as session:
            await session.execute(text(statement))


async def test_the_trial_balance_has_sums_beyond_32_bits(database: Database, scope: Scope) -> None:
    big = Money(2**31 - 1, "GBP")
    async with database.transaction(scope) as session:
        for _ in range(3):
            await repository.post(session, ledger.capture(new_id(), big, Account.PROCESSOR_CLEARING))
        await repository.post(session, ledger.credit(new_id(), Money(7, "EUR")))

    async with database.transaction(scope) as session:
        assert await books.trial_balance(session) == [
            books.TrialBalanceLine("EUR", 7, 7),
            books.TrialBalanceLine("GBP", 3 * big.amount, 3 * big.amount),
        ]
    async with database.transaction(Scope(new_id())) as session:
        assert await books.trial_balance(session) == [], "another tenant's ledger"


async def test_a_posting_without_its_payment_is_a_discrepancy(database: Database, scope: Scope) -> None:
    async with database.transaction(scope) as session:
        await repository.post(session, ledger.capture(new_id(), GBP, Account.PROCESSOR_CLEARING))

    async with database.transaction(scope) as session:
        assert await books.check_books(session) == [books.Discrepancy("captured = ledger", "GBP", 0, 339)]
