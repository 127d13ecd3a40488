"""All of audit's SQL. Row-level security limits every statement to the tenant of the session's scope."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, Uuid, column, func, select, text, true, values
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.audit.chain import START, Head, Link
from shared_models.audit.models import AuditChainHead, AuditEntry, AuditMention
from shared_models.kernel.database import scope_of

# An append holds its tenant's chain; the fewer statements it takes, the sooner the next one begins.
_LOCK_HEAD = select(AuditChainHead.sequence, AuditChainHead.hash, func.clock_timestamp().label("now")).with_for_update(
    skip_locked=True
)
# A head that is there is not inserted again: trying to would wait for whoever holds it.
_FIRST_HEAD = text(
    """
    INSERT INTO audit_chain_head (tenant_id, sequence, hash)
    SELECT :tenant_id, :sequence, :hash WHERE NOT EXISTS (SELECT FROM audit_chain_head WHERE tenant_id = :tenant_id)
    ON CONFLICT DO NOTHING RETURNING sequence, hash, clock_timestamp() AS now
    """
)
_KNOWN_EVENTS = text("SELECT event_id FROM audit_entry WHERE event_id = ANY(:event_ids)")
_APPEND = text(
    """
    WITH appended AS (
        INSERT INTO audit_entry SELECT * FROM jsonb_populate_recordset(NULL::audit_entry, CAST(:entries AS jsonb))
    ), mentioned AS (
        INSERT INTO audit_mention (tenant_id, subject_id, sequence)
        SELECT CAST(:tenant_id AS uuid), subject_id, sequence
        FROM unnest(CAST(:mentioned AS uuid[]), CAST(:mentioning AS bigint[])) AS mention (subject_id, sequence)
    )
    UPDATE audit_chain_head SET sequence = :sequence, hash = :hash WHERE tenant_id = CAST(:tenant_id AS uuid)
    """
)

_LINK_COLUMNS = [getattr(AuditEntry, name) for name in Link.__struct_fields__]


class LogFilter(msgspec.Struct, frozen=True):
    """What of the log is asked for; None does not restrict. `since` is included, `until` is not."""

    action: str | None = None
    subject_id: UUID | None = None
    actor_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


class Entry(msgspec.Struct, frozen=True):
    """A link of the chain with its hash, and the ids in whose trails it belongs."""

    link: Link
    hash: str
    mentions: frozenset[UUID]


def tenant_of(session: AsyncSession) -> UUID:
    """The tenant whose chain the session extends."""
    tenant_id = scope_of(session).tenant_id
    if tenant_id is None:
        raise LookupError("The platform itself has no audit chain.")
    return tenant_id


# --- the chain


async def lock_head(session: AsyncSession) -> tuple[Head, datetime] | None:
    """The end of the tenant's chain, locked until the transaction ends, and the time by the database's clock.

    None, without waiting for it, while another transaction holds it.
    """
    row = (await session.execute(_LOCK_HEAD)).one_or_none()
    if row is None:
        # Either it is held by another, or these are the tenant's first entries.
        first = {"tenant_id": tenant_of(session), "sequence": START.sequence, "hash": START.hash}
        row = (await session.execute(_FIRST_HEAD, first)).one_or_none()
    return (Head(row.sequence, row.hash), row.now) if row else None


async def head(session: AsyncSession) -> Head:
    """The end of the tenant's chain."""
    row = (await session.execute(select(AuditChainHead.sequence, AuditChainHead.hash))).one_or_none()
    return Head(*row) if row else START


async def known_events(session: AsyncSession, event_ids: Sequence[UUID]) -> set[UUID]:
    """Which of the events are in the log already."""
    return set(await session.scalars(_KNOWN_EVENTS, {"event_ids": list(event_ids)}))


async def append(session: AsyncSession, entries: Sequence[Entry], end: Head) -> None:
    """Writes entries and what they mention, and moves the head behind them. Lock the head first."""
    rows = [{**msgspec.structs.asdict(entry.link), "hash": entry.hash} for entry in entries]
    mentions = [(mentioned, entry.link.sequence) for entry in entries for mentioned in sorted(entry.mentions)]
    await session.execute(
        _APPEND,
        {
            "tenant_id": tenant_of(session),
            "entries": msgspec.json.encode(rows).decode(),
            "mentioned": [mentioned for mentioned, _ in mentions],
            "mentioning": [sequence for _, sequence in mentions],
            "sequence": end.sequence,
            "hash": end.hash,
        },
    )


async def chain(session: AsyncSession, page: int) -> AsyncGenerator[list[tuple[Link, str]], None]:
    """The whole chain in order, as one statement saw it, `page` entries at a time through a server-side cursor."""
    statement = select(*_LINK_COLUMNS, AuditEntry.hash).order_by(AuditEntry.sequence)
    result = await session.stream(statement.execution_options(yield_per=page))
    async for rows in result.partitions():
        yield [(Link(*row[:-1]), row[-1]) for row in rows]


# --- reading the log


async def log_before(session: AsyncSession, asked: LogFilter, before: int | None, limit: int) -> Sequence[AuditEntry]:
    """Entries that fit the filter, newest first, from behind `before` on."""
    statement = _filtered(select(AuditEntry), asked).order_by(AuditEntry.sequence.desc()).limit(limit)
    if before is not None:
        statement = statement.where(AuditEntry.sequence < before)
    return (await session.scalars(statement)).all()


async def count_log(session: AsyncSession, asked: LogFilter) -> int:
    """How many entries fit the filter."""
    count: int = (await session.scalars(_filtered(select(func.count(AuditEntry.sequence)), asked))).one()
    return count


async def entries_after(session: AsyncSession, sequence: int, limit: int) -> Sequence[AuditEntry]:
    """The next entries behind `sequence`, in order."""
    statement = select(AuditEntry).where(AuditEntry.sequence > sequence).order_by(AuditEntry.sequence).limit(limit)
    return (await session.scalars(statement)).all()


async def entries_by_id(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, AuditEntry]:
    """Entries by their ids."""
    return {entry.id: entry for entry in await session.scalars(select(AuditEntry).where(AuditEntry.id.in_(ids)))}


async def trails(
    session: AsyncSession, subject_ids: Sequence[UUID], after: int, limit: int
) -> dict[UUID, list[AuditEntry]]:
    """Of each subject, the next `limit` entries behind `after` that mention it, oldest first; in one statement."""
    asked = values(column("subject_id", Uuid), name="asked").data([(id,) for id in subject_ids]).alias("asked")
    sequences = (
        select(AuditMention.sequence)
        .where(AuditMention.subject_id == asked.c.subject_id, AuditMention.sequence > after)
        .order_by(AuditMention.sequence)
        .limit(limit)
        .lateral("mentioned")
    )
    statement = (
        select(asked.c.subject_id, AuditEntry)
        .select_from(asked.join(sequences, true()).join(AuditEntry, AuditEntry.sequence == sequences.c.sequence))
        .order_by(AuditEntry.sequence)
    )
    found: dict[UUID, list[AuditEntry]] = {}
    for subject_id, entry in await session.execute(statement):
        found.setdefault(subject_id, []).append(entry)
    return found


async def count_mentions(session: AsyncSession, subject_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many entries mention each subject."""
    statement = (
        select(AuditMention.subject_id, func.count())
        .where(AuditMention.subject_id.in_(subject_ids))
        .group_by(AuditMention.subject_id)
    )
    return {row[0]: row[1] for row in await session.execute(statement)}


def _filtered(statement: Select[Any], asked: LogFilter) -> Select[Any]:
    if asked.action is not None:
        statement = statement.where(AuditEntry.action == asked.action)
    if asked.actor_id is not None:
        statement = statement.where(AuditEntry.actor_id == asked.actor_id)
    if asked.subject_id is not None:
        mentioned = select(AuditMention.sequence).where(AuditMention.subject_id == asked.subject_id)
        statement = statement.where(AuditEntry.sequence.in_(mentioned))
    if asked.since is not None:
        statement = statement.where(AuditEntry.occurred_at >= asked.since)
    if asked.until is not None:
        statement = statement.where(AuditEntry.occurred_at < asked.until)
    return statement
