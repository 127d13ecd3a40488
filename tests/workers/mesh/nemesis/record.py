"""How each job has ended, as its rows tell: its state, and when it ran if it was committed that it did."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from shared_models.kernel.job_state import JobState
from shared_models.kernel.settings import KernelSettings
from tests.support.ledger import rows

_COLUMNS = "id, payload ->> 'key' AS key, state, finished_at, batch_id, intervention IS NOT NULL AS touched"
# In one statement, so that a job that moves to the history meanwhile is there once.
_ENDINGS = f"""
SELECT ended.*, began, span.ended, told
FROM (SELECT {_COLUMNS} FROM job UNION ALL SELECT {_COLUMNS} FROM job_history) AS ended
LEFT JOIN span ON span.job = ended.id
"""


class Span(NamedTuple):
    """From when to when a job ran, within the transaction that ended it; what it was told of the batch it awaited."""

    began: datetime
    ended: datetime
    told: list[int] | None = None


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How a job has ended. `touched`: people have cancelled or replayed it, so it may have gone on at any time."""

    id: UUID
    key: str
    state: JobState
    finished_at: datetime | None = None
    batch_id: UUID | None = None
    touched: bool = False
    spans: list[Span] = []

    @property
    def span(self) -> Span | None:
        """When it ran; None if it has not."""
        return self.spans[-1] if self.spans else None

    @property
    def end(self) -> datetime | None:
        """When it had ended; None if it has not. A row tells when its last transaction began, a span is within it."""
        if not self.state.is_terminal:
            return None
        return self.span.ended if self.span else self.finished_at


Record = dict[UUID, Ending]


async def read(settings: KernelSettings) -> Record:
    """The jobs of the domain that all kinds of load belong to."""
    record: Record = {}
    for row in await rows(settings, "probe", _ENDINGS):
        ending = record.setdefault(
            row.id,
            Ending(
                id=row.id,
                key=row.key,
                state=JobState(row.state),
                finished_at=row.finished_at,
                batch_id=row.batch_id,
                touched=row.touched,
                spans=[],
            ),
        )
        if row.began:
            ending.spans.append(Span(row.began, row.ended, row.told))
    return record
