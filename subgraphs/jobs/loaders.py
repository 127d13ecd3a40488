"""Batched reads of jobs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from shared_models.jobs.models import JobRecord
from subgraphs.edge.context import Context
from subgraphs.jobs.operators import board_of, who_looks

#: Bytes of the arguments of one job that a list may show: a hundred of them are one answer.
LARGEST_ARGUMENTS = 64 * 1024


async def load_jobs(context: Context, ids: list[UUID]) -> list[JobRecord | None]:
    """Jobs by id: one statement in each domain, however many there are."""
    found = await board_of(context).find(who_looks(context), ids)
    return [found.get(id) for id in ids]


async def load_arguments(context: Context, ids: list[UUID]) -> list[Any]:
    """What jobs were given, in as many statements; None for what is too large to be shown."""
    found = await board_of(context).arguments(who_looks(context), ids, LARGEST_ARGUMENTS)
    return [found.get(id) for id in ids]
