"""How the batch has ended that a job awaited: counted once, when that job starts."""

from __future__ import annotations

from uuid import UUID

from shared_models.kernel.batches import BatchOutcome
from workers.mesh.connection import MeshConnection

# In one statement, so that a member that moves to the history meanwhile is counted once.
_COUNT = """
SELECT count(*) FILTER (WHERE state = 'done') AS done,
       count(*) FILTER (WHERE state = 'dead') AS dead,
       count(*) FILTER (WHERE state = 'cancelled') AS cancelled
FROM (
    SELECT state FROM job WHERE batch_id = %(batch)s UNION ALL SELECT state FROM job_history WHERE batch_id = %(batch)s
) AS member
"""


async def outcome_of(register: MeshConnection, batch_id: UUID) -> BatchOutcome:
    """How many members of a batch ended how."""
    (row,) = await register.rows(_COUNT, {"batch": batch_id})
    return BatchOutcome(row.done, row.dead, row.cancelled)
