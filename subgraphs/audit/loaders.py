"""Batched reads: one statement for all that a request asks of a kind."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple
from uuid import UUID

from shared_models.audit import repository
from shared_models.audit.models import AuditEntry
from shared_models.kernel.identity import Role
from subgraphs.edge.context import Context


class TrailPage(NamedTuple):
    """A page of a subject's trail: up to `limit` entries behind sequence `after`."""

    subject_id: UUID
    after: int
    limit: int


async def entries(context: Context, ids: list[UUID]) -> list[AuditEntry | None]:
    """Entries by id."""
    context.require(Role.AUDITOR)
    async with context.transaction() as session:
        found = await repository.entries_by_id(session, ids)
    return [found.get(id) for id in ids]


async def trails(context: Context, pages: list[TrailPage]) -> list[list[AuditEntry] | None]:
    """Pages of trails: one statement for all that begin and end alike, which within one request is all of them."""
    context.require(Role.AUDITOR)
    alike: dict[tuple[int, int], list[UUID]] = defaultdict(list)
    for page in pages:
        alike[page.after, page.limit].append(page.subject_id)
    found: dict[TrailPage, list[AuditEntry]] = {}
    async with context.transaction() as session:
        for (after, limit), subject_ids in alike.items():
            of_subject = await repository.trails(session, subject_ids, after, limit)
            found |= {TrailPage(id, after, limit): entries for id, entries in of_subject.items()}
    return [found.get(page, []) for page in pages]


async def mention_counts(context: Context, subject_ids: list[UUID]) -> list[int | None]:
    """How many entries mention each subject."""
    context.require(Role.AUDITOR)
    async with context.transaction() as session:
        found = await repository.count_mentions(session, subject_ids)
    return [found.get(id, 0) for id in subject_ids]
