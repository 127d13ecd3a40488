"""Which relay leads a domain's database: a lease in a row, renewed while it lives.

A row and not a session's advisory lock: that would be lost or leaked behind a connection pooler. Two leaders
for a moment do no harm, since every claim locks its rows; the lease keeps them from working twice.
"""

from __future__ import annotations

from uuid import UUID

from workers.mesh.connection import MeshConnection

_ACQUIRE = """
INSERT INTO relay_lease (singleton, holder, until) VALUES (1, %(holder)s, now() + make_interval(secs => %(seconds)s))
ON CONFLICT (singleton) DO UPDATE SET holder = EXCLUDED.holder, until = EXCLUDED.until
WHERE relay_lease.holder = EXCLUDED.holder OR relay_lease.until < now()
RETURNING holder
"""
_RESIGN = "DELETE FROM relay_lease WHERE holder = %(holder)s"


class Leadership:
    """One relay's claim to lead one database."""

    def __init__(self, database: MeshConnection, holder: UUID, seconds: float) -> None:
        self._database = database
        self._holder = holder
        self._seconds = seconds

    async def hold(self) -> bool:
        """Acquires or renews the lease; False while another holds it."""
        return bool(await self._database.rows(_ACQUIRE, {"holder": self._holder, "seconds": self._seconds}))

    async def resign(self) -> None:
        """Gives the lease up, so that a standby leads at once."""
        await self._database.rows(_RESIGN, {"holder": self._holder})
