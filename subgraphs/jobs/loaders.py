"""Batched reads of jobs."""

from __future__ import annotations

from uuid import UUID

from shared_models.jobs.models import JobRecord
from subgraphs.edge.context import Context
from subgraphs.jobs.operators import board_of, who_looks


async def load_jobs(context: Context, ids: list[UUID]) -> list[JobRecord | None]:
    """Jobs by id: one statement in each domain, however many there are."""
    found = await board_of(context).find(who_looks(context), ids)
    return [found.get(id) for id in ids]
