"""The demo data of all domains, each through its own seed; done when the domains have told each other."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from sqlalchemy import text

from shared_models.accounts.seed import DEMO_TENANTS, demo_owner_id, demo_tenant_id
from shared_models.accounts.seed import seed as seed_accounts
from shared_models.kernel.database import RELAY_ROLE, Database, database_url
from shared_models.kernel.nudge import Nudge
from shared_models.kernel.redis import connect
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Lane, Scope
from trellis.domains import DOMAINS
from trellis.errors import OperatorError
from trellis.seed.catalog import seed_catalog

DELIVERY_SECONDS = 45.0

_UNDER_WAY = text(
    "SELECT EXISTS (SELECT FROM outbox WHERE tenant_id = ANY(:tenants)) OR EXISTS "
    "(SELECT FROM job WHERE tenant_id = ANY(:tenants) AND state NOT IN ('done', 'dead', 'cancelled'))"
)


class SeedNotDeliveredError(OperatorError):
    """The seed is written, but not every domain has heard of it."""

    code = "SEED_NOT_DELIVERED"


async def seed_everything(settings: KernelSettings) -> None:
    """Seeds accounts and catalog; when that was news, waits until their events have arrived everywhere.

    Raises:
        SeedNotDeliveredError: they have not within 45 s; is there a relay and a worker?
    """
    async with AsyncExitStack() as stack:
        redis = connect(settings.redis_url)
        stack.push_async_callback(redis.aclose)
        databases = {
            domain: Database(domain, database_url(settings, domain), pool_size=1, on_commit=Nudge(redis))
            for domain in ("accounts", "catalog")
        }
        for database in databases.values():
            stack.push_async_callback(database.close)
        news = bool(await seed_accounts(databases["accounts"]))
        for name, tier in DEMO_TENANTS.items():
            scope = Scope(demo_tenant_id(name), Lane.of_tier(tier), demo_owner_id(name), tier)
            news |= await seed_catalog(databases["catalog"], scope)
    if news:
        await _until_delivered(settings)


async def _until_delivered(settings: KernelSettings) -> None:
    databases = [Database(domain, database_url(settings, domain, role=RELAY_ROLE), pool_size=1) for domain in DOMAINS]
    try:
        async with asyncio.timeout(DELIVERY_SECONDS):
            # In a row and again: what was under way between two domains is seen in the second.
            while any([await _busy(database) for database in databases * 2]):
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise SeedNotDeliveredError(
            f"the demo data did not reach every domain within {DELIVERY_SECONDS:.0f} s; is there a relay and a worker?"
        ) from None
    finally:
        for database in databases:
            await database.close()


async def _busy(database: Database) -> bool:
    """Whether the demo tenants' events or jobs are still under way there."""
    async with database.engine.connect() as connection:
        tenants = [demo_tenant_id(name) for name in DEMO_TENANTS]
        return bool(await connection.scalar(_UNDER_WAY, {"tenants": tenants}))
