"""What may be asked of billing."""

from __future__ import annotations

import strawberry

from shared_models.billing import books, models, repository
from shared_models.kernel.identity import Role
from shared_models.kernel.ids import parse_id
from shared_models.kernel.pagination import BadCursor, decode_cursor, encode_cursor, page_of, page_size
from subgraphs.billing import loaders
from subgraphs.billing.types import LedgerTransaction, Payment, TrialBalanceLine
from subgraphs.edge.connections import Connection, connection
from subgraphs.edge.context import Info


@strawberry.type
class Query:
    """Billing's root fields."""

    @strawberry.field
    async def payment(self, info: Info, id: strawberry.ID) -> Payment | None:
        """A payment by its id."""
        row = await info.context.load_by_id(loaders.payments, id)
        return Payment.of(row) if row else None

    @strawberry.field
    async def ledger(
        self, info: Info, first: int | None = None, after: str | None = None
    ) -> Connection[LedgerTransaction]:
        """All postings, newest first; for owners and auditors."""
        context = info.context
        context.require(Role.AUDITOR)
        size = page_size(first)
        before = parse_id(decode_cursor(after, 1)[0]) if after else None
        if after and before is None:
            raise BadCursor
        async with context.transaction() as session:
            rows = await repository.transactions_before(session, before, size + 1)

        async def count() -> int:
            async with context.transaction() as session:
                return await repository.count_transactions(session)

        return connection(page_of(rows, size, _cursor), LedgerTransaction.of, count)

    @strawberry.field
    async def trial_balance(self, info: Info) -> list[TrialBalanceLine]:
        """The sums of the ledger, one line per currency; for owners and auditors."""
        info.context.require(Role.AUDITOR)
        async with info.context.transaction() as session:
            return [TrialBalanceLine.of(line) for line in await books.trial_balance(session)]


def _cursor(row: models.LedgerTransaction) -> str:
    return encode_cursor(str(row.id))
