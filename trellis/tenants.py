"""A tenant by its name, as people at the terminal know it."""

from __future__ import annotations

from uuid import UUID

from shared_models.accounts.repository import find_tenant
from shared_models.kernel.database import Database, database_url
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Scope
from trellis.errors import OperatorError


class UnknownTenantError(OperatorError):
    """No tenant has that name."""

    code = "UNKNOWN_TENANT"


async def tenant_id_of(settings: KernelSettings, name: str) -> UUID:
    """The id of the tenant of that name. Raises `UnknownTenantError`."""
    accounts = Database("accounts", database_url(settings, "accounts"), pool_size=1)
    try:
        async with accounts.transaction(Scope(None)) as session:
            found = await find_tenant(session, name)
    finally:
        await accounts.close()
    if found is None:
        raise UnknownTenantError(f"there is no tenant {name!r}")
    return found[0]
