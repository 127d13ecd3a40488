"""What a tenant's transactions have told, as the relay would find it."""

from sqlalchemy import select

from shared_models.kernel.database import Database
from shared_models.kernel.mesh_tables import outbox
from shared_models.kernel.tenancy import Scope


async def told(database: Database, scope: Scope) -> list[str]:
    """The names of the tenant's events, oldest first."""
    async with database.transaction(scope) as session:
        return list(await session.scalars(select(outbox.c.name).order_by(outbox.c.id)))
