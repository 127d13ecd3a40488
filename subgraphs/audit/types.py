"""Audit's GraphQL types: the entry, and the trail that it adds to the entities of other domains."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

import strawberry
from strawberry.scalars import JSON

from shared_models.audit import models, service
from shared_models.kernel.ids import parse_id
from shared_models.kernel.pagination import BadCursor, Page, decode_cursor, encode_cursor, page_of, page_size
from subgraphs.audit import loaders
from subgraphs.audit.loaders import TrailPage
from subgraphs.edge.connections import Connection, connection
from subgraphs.edge.context import Info


def cursor_of(entry: models.AuditEntry) -> str:
    """An entry's cursor, in the log and in any trail."""
    return encode_cursor(str(entry.sequence))


def sequence_of(cursor: str) -> int:
    """The sequence that a cursor stands for; raises `BadInput`."""
    (sequence,) = decode_cursor(cursor, 1)
    if not sequence.isdecimal() or len(sequence) > 18:
        raise BadCursor
    return int(sequence)


@strawberry.type
class Audited:
    """What audit adds to an entity of another domain."""

    id: strawberry.ID

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Self:
        """Needs nothing but its id."""
        return cls(id=id)

    @strawberry.field
    async def audit_trail(
        self, info: Info, first: int | None = None, after: str | None = None
    ) -> Connection[AuditEntry]:
        """Everything recorded about it, oldest first, for owners and auditors; batched over all that are asked for."""
        size, subject_id = page_size(first), parse_id(self.id)
        rows: list[models.AuditEntry] = []
        if subject_id is not None:
            page = TrailPage(subject_id, sequence_of(after) if after else 0, size + 1)
            rows = await info.context.loader(loaders.trails).load(page) or []

        async def count() -> int:
            return await info.context.load_by_id(loaders.mention_counts, self.id) or 0

        shown: Page[models.AuditEntry] = page_of(rows, size, cursor_of)
        return connection(shown, AuditEntry.of, count)


@strawberry.federation.type(keys=["id"])
class Order(Audited):
    """An order, as far as the log is concerned."""


@strawberry.federation.type(keys=["id"])
class Payment(Audited):
    """A payment, as far as the log is concerned."""


@strawberry.federation.type(keys=["id"])
class Product(Audited):
    """A product, as far as the log is concerned."""


@strawberry.federation.type(keys=["id"])
class User(Audited):
    """A user, as far as the log is concerned."""


AuditSubject = Annotated[Order | Payment | Product | User, strawberry.union("AuditSubject")]

_SUBJECTS: dict[str, type[Order | Payment | Product | User]] = {
    "Order": Order,
    "Payment": Payment,
    "Product": Product,
    "User": User,
}


@strawberry.federation.type(keys=["id"], description="One event, kept for good in the tenant's hash chain.")
class AuditEntry:
    """An entry of the log."""

    id: strawberry.ID
    sequence: int = strawberry.field(description="1, 2, 3 and so on, without gaps, per tenant.")
    at: datetime = strawberry.field(description="When it was appended.")
    occurred_at: datetime = strawberry.field(description="When it happened.")
    actor: User | None = strawberry.field(description="Who did it; None for what the platform did by itself.")
    action: str = strawberry.field(description="The event's name, such as `orders.OrderPlaced`.")
    subject: AuditSubject | None
    data: JSON
    hash: str = strawberry.field(description="SHA-256 over all other fields, `previousHash` among them.")
    previous_hash: str
    trace_id: str | None

    @classmethod
    def of(cls, row: models.AuditEntry) -> AuditEntry:
        """From its row."""
        subject = _SUBJECTS.get(row.subject_type or "")
        return cls(
            id=strawberry.ID(str(row.id)),
            sequence=row.sequence,
            at=row.at,
            occurred_at=row.occurred_at,
            actor=User(id=strawberry.ID(str(row.actor_id))) if row.actor_id else None,
            action=row.action,
            subject=subject(id=strawberry.ID(str(row.subject_id))) if subject else None,
            data=JSON(row.data),
            hash=row.hash,
            previous_hash=row.previous_hash,
            trace_id=row.trace_id,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> AuditEntry | None:
        """Batched over all entries that the request refers to."""
        row = await info.context.load_by_id(loaders.entries, id)
        return cls.of(row) if row else None


@strawberry.type(description="What recomputing the tenant's whole chain has shown.")
class ChainVerification:
    """The verdict over the chain."""

    valid: bool
    entries: int = strawberry.field(description="How many entries verify, from the first one on.")
    first_broken: int | None = strawberry.field(
        description="The sequence of the first entry that is missing, changed or forged."
    )

    @classmethod
    def of(cls, found: service.ChainVerification) -> ChainVerification:
        """From the domain's value."""
        return cls(valid=found.valid, entries=found.entries, first_broken=found.first_broken)
