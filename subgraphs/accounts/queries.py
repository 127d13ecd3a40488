"""What can be asked of accounts."""

from __future__ import annotations

import strawberry

from shared_models.accounts import repository
from shared_models.kernel.identity import Role
from shared_models.kernel.pagination import page_size
from subgraphs.accounts.loaders import load_users
from subgraphs.accounts.types import User
from subgraphs.edge.connections import Connection, connection
from subgraphs.edge.context import Info


@strawberry.type
class Query:
    """Accounts' part of the query type."""

    @strawberry.field
    async def me(self, info: Info) -> User | None:
        """Who asks; null for nobody in particular."""
        caller = info.context.identity
        row = await info.context.loader(load_users).load(caller.user_id) if caller else None
        return User.of(row) if row else None

    @strawberry.field
    async def users(self, info: Info, first: int | None = None, after: str | None = None) -> Connection[User]:
        """Everybody in the caller's tenant; for OWNER and STAFF."""
        context = info.context
        context.require(Role.STAFF)
        async with context.transaction() as session:
            page = await repository.page_of_users(session, page_size(first), after)

        async def count() -> int:
            async with context.transaction() as session:
                return await repository.count_users(session)

        return connection(page, User.of, count)
