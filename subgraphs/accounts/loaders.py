"""What references are resolved by: one statement for all of a request. Nobody sees another tenant's rows."""

from __future__ import annotations

from uuid import UUID

from shared_models.accounts import repository
from shared_models.accounts.models import Tenant, User
from subgraphs.edge.context import Context


async def load_users(context: Context, ids: list[UUID]) -> list[User | None]:
    """Users by id, each with its tenant."""
    async with context.transaction() as session:
        found = await repository.users_by_id(session, ids)
    return [found.get(id) for id in ids]


async def load_tenants(context: Context, ids: list[UUID]) -> list[Tenant | None]:
    """Tenants by id: the caller's own, if it is asked for."""
    async with context.transaction() as session:
        found = await repository.tenants_by_id(session, ids)
    return [found.get(id) for id in ids]
