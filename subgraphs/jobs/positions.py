"""Cursors of lists of jobs: the time and the id of a job."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from shared_models.jobs.models import JobRecord, Position
from shared_models.kernel.pagination import BadCursor, decode_cursor, encode_cursor


def cursor_of(job: JobRecord) -> str:
    """The cursor that lists continue behind."""
    return encode_cursor(job.created_at.isoformat(), str(job.id))


def position_of(cursor: str | None) -> Position | None:
    """Where a list continues; raises `BadInput` for what is no cursor of ours."""
    if cursor is None:
        return None
    created_at, id = decode_cursor(cursor, 2)
    try:
        time = datetime.fromisoformat(created_at)
        if time.tzinfo is None:
            raise ValueError(created_at)
        return Position(time, UUID(id))
    except ValueError:
        raise BadCursor from None
