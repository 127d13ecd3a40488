"""The demo tenants, their owners, and the ids that other domains' demo data refers to."""

from __future__ import annotations

from uuid import UUID

from shared_models.accounts import service
from shared_models.accounts.models import Tenant, User
from shared_models.accounts.passwords import Passwords
from shared_models.kernel.database import Database
from shared_models.kernel.identity import Role
from shared_models.kernel.ids import derived_id
from shared_models.kernel.tenancy import Lane, Scope, Tier

#: Name and tier of each demo tenant.
DEMO_TENANTS = {"premium": Tier.PREMIUM, "standard": Tier.STANDARD}
#: The demo tenant of those who operate the platform; it sells nothing.
DEMO_PLATFORM = "platform"
DEMO_PASSWORD = "trellis-demo"  # noqa: S105 -- known to everybody who reads the README


def demo_tenant_id(name: str) -> UUID:
    """The id of a demo tenant, the same in every deployment."""
    return derived_id("tenant", name)


def demo_owner_id(name: str) -> UUID:
    """The id of a demo tenant's owner, the same in every deployment."""
    return derived_id("user", demo_owner_email(name))


def demo_owner_email(name: str) -> str:
    """The e-mail by which a demo tenant's owner logs in."""
    return f"owner@{name}.example"


async def seed_tenant(database: Database, passwords: Passwords, name: str, tier: Tier) -> bool:
    """Creates a demo tenant and its owner; False, and nothing done, when it exists."""
    tenant_id, owner_id = demo_tenant_id(name), demo_owner_id(name)
    password_hash = await passwords.hash(DEMO_PASSWORD)
    async with database.transaction(Scope(tenant_id, Lane.of_tier(tier), owner_id, tier)) as session:
        return await service.seed_owner(
            session,
            Tenant(id=tenant_id, name=name, tier=tier),
            User(
                id=owner_id,
                tenant_id=tenant_id,
                email=demo_owner_email(name),
                name=f"Owner of {name}",
                roles=[str(Role.OWNER)],
                password_hash=password_hash,
            ),
        )


async def seed(database: Database) -> list[str]:
    """Creates the demo tenants that do not exist yet; returns their names."""
    passwords = Passwords()
    try:
        tenants = DEMO_TENANTS | {DEMO_PLATFORM: Tier.STANDARD}
        return [name for name, tier in tenants.items() if await seed_tenant(database, passwords, name, tier)]
    finally:
        passwords.close()
