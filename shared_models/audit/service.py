"""What audit does: append what happened to the tenant's chain, once, and tell whether the chain is whole."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.audit import repository
from shared_models.audit.chain import ChainWalk, Head, Link, digest
from shared_models.audit.events import EntriesAppended
from shared_models.audit.record import kept
from shared_models.audit.repository import Entry
from shared_models.kernel.errors import TrellisError
from shared_models.kernel.events import Event
from shared_models.kernel.ids import new_id
from shared_models.kernel.mesh import emit

_PAGE = 500


class Happened(msgspec.Struct, frozen=True):
    """An event as it was delivered: what, when, by whom, in which trace."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID | None
    trace_id: str | None
    event: Event


class ChainVerification(msgspec.Struct, frozen=True):
    """Whether the chain is whole; how many entries verify from the first on; where it first breaks."""

    valid: bool
    entries: int
    first_broken: int | None


class ChainBusy(TrellisError):
    """Another transaction is extending the tenant's chain: try again in a moment, with what has come meanwhile."""

    code = "AUDIT_CHAIN_BUSY"


async def append(session: AsyncSession, happened: Sequence[Happened]) -> int:
    """Appends events to the tenant's chain in the order they happened in; returns how many were new.

    Appends of one tenant take turns on the chain's head: that is what makes sequences gapless. Raises `ChainBusy`
    rather than wait for the turn.
    """
    locked = await repository.lock_head(session)
    if locked is None:
        raise ChainBusy("The tenant's audit chain is being extended.")
    head, now = locked
    known = await repository.known_events(session, [one.event_id for one in happened])
    new = {one.event_id: one for one in happened if one.event_id not in known}
    if not new:
        return 0
    tenant_id, end = repository.tenant_of(session), head
    entries = []
    for one in sorted(new.values(), key=lambda one: (one.occurred_at, one.event_id)):
        what = kept(one.event)
        link = Link(
            tenant_id=tenant_id,
            sequence=end.sequence + 1,
            id=new_id(),
            at=now,
            occurred_at=one.occurred_at,
            actor_id=one.actor_id,
            action=one.event.name(),
            subject_type=what.subject_type,
            subject_id=what.subject_id,
            data=what.data,
            event_id=one.event_id,
            trace_id=one.trace_id,
            previous_hash=end.hash,
        )
        end = Head(link.sequence, digest(link))
        entries.append(Entry(link, end.hash, what.mentions))
    await repository.append(session, entries, end)
    await emit(session, EntriesAppended(head.sequence + 1, end.sequence))
    return len(entries)


async def verify(session: AsyncSession) -> ChainVerification:
    """Recomputes the tenant's whole chain, a page at a time and off the event loop.

    It finds entries that were changed, removed (the last ones too) or slipped in. What it cannot find is a chain
    rewritten from somewhere to its end together with its head: keep a head elsewhere to hold against it.
    """
    walk = ChainWalk(await repository.head(session))
    async with aclosing(repository.chain(session, _PAGE)) as pages:
        async for page in pages:
            if not await asyncio.to_thread(walk.follow, page):
                break
    # Entries may have been appended since the head was read; none may lie behind the head of now.
    walk.end(await repository.head(session))
    return ChainVerification(walk.first_broken is None, walk.entries, walk.first_broken)
