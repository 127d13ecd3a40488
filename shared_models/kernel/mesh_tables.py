"""The tables by which a domain takes part in the mesh: events out, work in, who leads, who works.

They lie in the domain's own database, so that a change, its events and its jobs are one transaction.
"""

from enum import StrEnum

from sqlalchemy import (
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

outbox = Table(
    "outbox",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid),
    Column("actor_id", Uuid),
    Column("name", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("lane", SmallInteger, nullable=False),
    Column("trace", JSONB, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)


class JobState(StrEnum):
    """Where a job is; the last three are terminal."""

    QUEUED = "queued"
    DISPATCHED = "dispatched"  # in Redis, or popped from it
    RUNNING = "running"  # started by a worker
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"


job = Table(
    "job",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid),
    Column("actor_id", Uuid),
    # The actor that handles it, such as `catalog.reserve_stock`.
    Column("name", Text, nullable=False),
    # What it is given: the job's own fields, or those of the event `event_name`, which happened at `caused_at`.
    Column("payload", JSONB, nullable=False),
    Column("event_name", Text),
    Column("event_id", Uuid),
    Column("caused_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("trace", JSONB, nullable=False),
    Column("lane", SmallInteger, nullable=False),
    Column("state", Text, nullable=False, server_default=JobState.QUEUED),
    Column("run_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("attempt", SmallInteger, nullable=False, server_default="0"),
    Column("max_attempts", SmallInteger, nullable=False),
    # How often its worker died while it ran: a job that kills its workers is quarantined by this count.
    Column("crashes", SmallInteger, nullable=False, server_default="0"),
    Column("lease_token", Uuid),
    Column("lease_until", DateTime(timezone=True)),
    Column("worker", Uuid),
    Column("error", JSONB),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("finished_at", DateTime(timezone=True)),
    # The claim: the next due jobs of a lane.
    Index("job_due", "lane", "run_at", "id", postgresql_where=text("state = 'queued'")),
    # The rescue, and the count of what is in flight.
    Index("job_leased", "lease_until", postgresql_where=text("state IN ('dispatched', 'running')")),
    # Dead letters, newest last.
    Index("job_dead", "finished_at", postgresql_where=text("state = 'dead'")),
)

#: One row: which relay leads this database, and until when.
relay_lease = Table(
    "relay_lease",
    metadata,
    Column("singleton", Integer, primary_key=True, server_default="1"),
    Column("holder", Uuid, nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)

#: One row per worker process: its capacity, by which the relay keeps Redis shallow.
worker = Table(
    "worker",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("threads", Integer, nullable=False),
    Column("lanes", JSONB, nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
)
