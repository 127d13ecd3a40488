"""Accounts' entities."""

from __future__ import annotations

from datetime import datetime

import strawberry

from shared_models.accounts import models
from shared_models.kernel.identity import Role
from shared_models.kernel.tenancy import Tier
from subgraphs.accounts.loaders import load_tenants, load_users
from subgraphs.edge.context import Info

strawberry.enum(Role, description="What a person may do in their tenant; OWNER may everything.")
strawberry.enum(Tier, description="What a tenant has paid for.")


@strawberry.federation.type(keys=["id"], description="A company that uses the platform.")
class Tenant:
    """GraphQL's face of a tenant."""

    id: strawberry.ID
    name: str
    tier: Tier

    @classmethod
    def of(cls, row: models.Tenant) -> Tenant:
        """From the table's row."""
        return cls(id=strawberry.ID(str(row.id)), name=row.name, tier=row.tier)

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Tenant | None:
        """The tenant of an id; None for any but the caller's own."""
        row = await info.context.load_by_id(load_tenants, id)
        return cls.of(row) if row else None


@strawberry.federation.type(keys=["id"], description="A person of a tenant.")
class User:
    """GraphQL's face of a user."""

    id: strawberry.ID
    email: str
    name: str
    roles: list[Role]
    tenant: Tenant

    @classmethod
    def of(cls, row: models.User) -> User:
        """From the table's row, which brings its tenant."""
        return cls(
            id=strawberry.ID(str(row.id)),
            email=row.email,
            name=row.name,
            roles=[Role(role) for role in row.roles],
            tenant=Tenant.of(row.tenant),
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> User | None:
        """The user of an id; None for one of another tenant."""
        row = await info.context.load_by_id(load_users, id)
        return cls.of(row) if row else None


@strawberry.type(description="A key with which programs act as a user.")
class ApiKey:
    """GraphQL's face of an API key; its text is shown when it is made, and never again."""

    id: strawberry.ID
    name: str
    created_at: datetime
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: models.ApiKey) -> ApiKey:
        """From the table's row."""
        return cls(id=strawberry.ID(str(row.id)), name=row.name, created_at=row.created_at, revoked_at=row.revoked_at)
