"""The demo tenants."""

from __future__ import annotations

from sqlalchemy import text

from shared_models.accounts.authentication import Authentication
from shared_models.accounts.keyring import KeyRing
from shared_models.accounts.passwords import Passwords
from shared_models.accounts.seed import (
    DEMO_PASSWORD,
    DEMO_PLATFORM,
    DEMO_TENANTS,
    demo_owner_id,
    demo_tenant_id,
    seed,
)
from shared_models.kernel.database import Database, database_url
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Scope


async def test_seeding_twice_is_seeding_once_and_the_owners_log_in(settings: KernelSettings):
    database, passwords = Database("accounts", database_url(settings, "accounts")), Passwords()
    assert set(await seed(database)) <= {*DEMO_TENANTS, DEMO_PLATFORM}
    assert await seed(database) == []
    authentication = Authentication(database, passwords, KeyRing(database, settings.secret.get_secret_value()))
    for name, tier in DEMO_TENANTS.items():
        admission = await authentication.log_in(f"owner@{name}.example", DEMO_PASSWORD, None)
        assert (admission.user.id, admission.user.tenant_id) == (demo_owner_id(name), demo_tenant_id(name))
        assert (admission.user.tenant.name, admission.user.tenant.tier) == (name, tier)
        async with database.transaction(Scope(demo_tenant_id(name))) as session:
            told = (await session.execute(text("SELECT name FROM outbox WHERE name LIKE '%Created'"))).scalars().all()
        assert told == ["accounts.TenantCreated"]
    passwords.close()
    await database.close()
