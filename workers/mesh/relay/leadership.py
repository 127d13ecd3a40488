"""Which relay leads a domain's database: a lease in a row, renewed while it lives.

A row and not a session's advisory lock: that would be lost or leaked behind a connection pooler. Two leaders
for a moment do no harm, since every claim locks its rows; the lease keeps them from working twice.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from shared_models.kernel.database import Database

_ACQUIRE = text(
    "INSERT INTO relay_lease (singleton, holder, until) VALUES (1, :holder, now() + make_interval(secs => :seconds)) "
    "ON CONFLICT (singleton) DO UPDATE SET holder = EXCLUDED.holder, until = EXCLUDED.until "
    "WHERE relay_lease.holder = EXCLUDED.holder OR relay_lease.until < now() RETURNING holder"
)
_RESIGN = text("DELETE FROM relay_lease WHERE holder = :holder")


class Leadership:
    """One relay's claim to lead one database."""

    def __init__(self, database: Database, holder: UUID, seconds: float) -> None:
        self._database = database
        self._holder = holder
        self._seconds = seconds

    async def hold(self) -> bool:
        """Acquires or renews the lease; False while another holds it."""
        async with self._database.engine.begin() as connection:
            return await connection.scalar(_ACQUIRE, {"holder": self._holder, "seconds": self._seconds}) is not None

    async def resign(self) -> None:
        """Gives the lease up, so that a standby leads at once."""
        async with self._database.engine.begin() as connection:
            await connection.execute(_RESIGN, {"holder": self._holder})
