"""The tables by which a domain takes part in the mesh: events out, work in, who leads, who works, what is paused.

They lie in the domain's own database, so that a change, its events and its jobs are one transaction.
"""

from typing import LiteralString

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared_models.kernel.job_state import JobState

metadata = MetaData()

#: Whose turn a job takes: its tenant's; all jobs without one take that of the platform, which is nobody's id.
TURN: LiteralString = "COALESCE(tenant_id, '00000000-0000-0000-0000-000000000000'::uuid)"

#: The flow that a job is part of: those with the same keys, which are held back together. Without keys, the first one.
FLOW: LiteralString = """CASE WHEN COALESCE(ordering_key, concurrency_key, rate_key) IS NULL
THEN '00000000-0000-0000-0000-000000000000'::uuid
ELSE md5(COALESCE(ordering_key, '') || '|' || COALESCE(concurrency_key, '') || '|' || COALESCE(rate_key, ''))::uuid
END"""

# With the columns that are given, too: under row-level security the planner does not see that they are.
#: The order of `job_due`, down to the queue, to the flow, and to the job. A query that is to follow it says all of it.
BY_QUEUE: LiteralString = f"lane, {TURN}, queue"
BY_FLOW: LiteralString = f"{BY_QUEUE}, {FLOW}"
BY_AGE: LiteralString = f"{BY_FLOW}, run_at, id"

outbox = Table(
    "outbox",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid),
    Column("actor_id", Uuid),
    Column("name", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("lane", SmallInteger, nullable=False),
    Column("tier", Text, nullable=False, server_default="STANDARD"),
    Column("trace", JSONB, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

#: Which actors take which events of this domain, and when a process last said so that knows them.
subscriber = Table(
    "subscriber",
    metadata,
    Column("event_name", Text, primary_key=True),
    Column("actor", Text, primary_key=True),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

#: Events that were shipped by a relay which did not know all who take them: to whom else they are to go.
event_owed = Table(
    "event_owed",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid),
    Column("actor_id", Uuid),
    Column("name", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("lane", SmallInteger, nullable=False),
    Column("tier", Text, nullable=False),
    Column("trace", JSONB, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("owed_to", ARRAY(Text), nullable=False),
)


def _job_columns() -> list[Column[object]]:
    """What is known of a job for as long as anything is."""
    return [
        Column("tenant_id", Uuid),
        Column("actor_id", Uuid),
        # The actor that handles it, such as `catalog.reserve_stock`.
        Column("name", Text, nullable=False),
        # What can be paused: a name that jobs share.
        Column("queue", Text, nullable=False, server_default="default"),
        # What it is given: the job's own fields, or those of the event `event_name`, which happened at `caused_at`.
        Column("payload", JSONB, nullable=False),
        Column("event_name", Text),
        Column("event_id", Uuid),
        Column("caused_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("trace", JSONB, nullable=False),
        Column("lane", SmallInteger, nullable=False),
        # What the tenant has paid for: its weight among the others of a lane.
        Column("tier", Text, nullable=False, server_default="STANDARD"),
        Column("state", Text, nullable=False, server_default=JobState.QUEUED),
        Column("run_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("attempt", SmallInteger, nullable=False, server_default="0"),
        Column("max_attempts", SmallInteger, nullable=False),
        # How often its worker died while it ran: a job that kills its workers is quarantined by this count.
        Column("crashes", SmallInteger, nullable=False, server_default="0"),
        Column("error", JSONB),
        # How far it is: {"done": 3, "total": 10, "note": "..."}.
        Column("progress", JSONB),
        # The batch that it is part of.
        Column("batch_id", Uuid),
        # The schedule that made it, and for which moment.
        Column("schedule", Text),
        Column("tick", DateTime(timezone=True)),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("finished_at", DateTime(timezone=True)),
        # The last one that touched it.
        Column("intervention", Uuid),
    ]


job = Table(
    "job",
    metadata,
    Column("id", Uuid, primary_key=True),
    *_job_columns(),
    # Of equal ones, one waits or runs.
    Column("unique_key", Text),
    # Those of one key run one after the other, in the order in which they were enqueued.
    Column("ordering_key", Text),
    # Of those of one key, at most `concurrency_limit` are in flight.
    Column("concurrency_key", Text),
    Column("concurrency_limit", SmallInteger),
    # Of those of one key, at most `rate_limit` start in `rate_seconds`.
    Column("rate_key", Text),
    Column("rate_limit", Integer),
    Column("rate_seconds", Float),
    # The batch that must have ended before it may run.
    Column("awaits", Uuid),
    # Where one of the batch is dead or cancelled, it does not run either, nor does the rest of the batch.
    Column("awaits_success", Boolean, nullable=False, server_default=false()),
    Column("lease_token", Uuid),
    Column("lease_until", DateTime(timezone=True)),
    Column("worker", Uuid),
    # Asked for while it ran: its worker breaks it off.
    Column("cancel_requested_at", DateTime(timezone=True)),
    # The claim: the next due jobs of a lane, tenant by tenant, queue by queue, flow by flow.
    Index(
        "job_due",
        "lane",
        text(TURN),
        "queue",
        text(f"({FLOW})"),
        "run_at",
        "id",
        postgresql_where=text("state = 'queued'"),
    ),
    # Is anything due in a lane, but in queues that are paused?
    Index("job_waiting", "lane", "queue", "run_at", postgresql_where=text("state = 'queued'")),
    # The rescue, and the count of what is in flight.
    Index("job_leased", "lease_until", postgresql_where=text("state IN ('dispatched', 'running')")),
    # Dead letters, newest last.
    Index("job_dead", "finished_at", postgresql_where=text("state = 'dead'")),
    # What is to be moved to the history.
    Index("job_finished", "finished_at", postgresql_where=text("state IN ('done', 'cancelled')")),
    Index(
        "job_unique",
        "unique_key",
        unique=True,
        postgresql_where=text("unique_key IS NOT NULL AND state IN ('blocked', 'queued', 'dispatched', 'running')"),
    ),
    Index(
        "job_ordered",
        "ordering_key",
        "created_at",
        "id",
        postgresql_where=text("ordering_key IS NOT NULL AND state IN ('queued', 'dispatched', 'running')"),
    ),
    # Is one of an order in flight, wherever in the order it stands?
    Index(
        "job_ordered_in_flight",
        "ordering_key",
        postgresql_where=text("ordering_key IS NOT NULL AND state IN ('dispatched', 'running')"),
    ),
    Index(
        "job_concurrent",
        "concurrency_key",
        postgresql_where=text("concurrency_key IS NOT NULL AND state IN ('dispatched', 'running')"),
    ),
    # How many of a rate have been claimed and not started yet.
    Index("job_rated", "rate_key", postgresql_where=text("rate_key IS NOT NULL AND state = 'dispatched'")),
    Index("job_batch", "batch_id", postgresql_where=text("batch_id IS NOT NULL")),
    # Has a batch ended? However many of it have, the answer is one look at this.
    Index(
        "job_batch_open",
        "batch_id",
        "id",
        postgresql_where=text("batch_id IS NOT NULL AND state IN ('blocked', 'queued', 'dispatched', 'running')"),
    ),
    Index(
        "job_batch_failed",
        "batch_id",
        "id",
        postgresql_where=text("batch_id IS NOT NULL AND state IN ('dead', 'cancelled')"),
    ),
    Index("job_awaiting", "awaits", postgresql_where=text("state = 'blocked'")),
)

#: Jobs that have ended, moved here from `job`; one partition a day, dropped when it is old enough.
job_history = Table(
    "job_history",
    metadata,
    Column("id", Uuid, nullable=False),
    *_job_columns(),
    Index("job_history_id", "id"),
    # Lists of jobs, newest first: a tenant's, and the platform's.
    Index("job_history_tenant", "tenant_id", "created_at", "id"),
    Index("job_history_created", "created_at", "id"),
    # What has ended within the last minute. Rows come in this order, so that a summary of pages is enough.
    Index("job_history_finished", "finished_at", postgresql_using="brin"),
    Index("job_history_batch", "batch_id", postgresql_where=text("batch_id IS NOT NULL")),
    postgresql_partition_by="RANGE (finished_at)",
)

#: Queues that are paused: nothing of them is claimed.
queue_pause = Table(
    "queue_pause",
    metadata,
    Column("queue", Text, primary_key=True),
    Column("paused_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("paused_by", Uuid),
)

#: When jobs with a rate were started; kept for as long as it counts.
rate_start = Table(
    "rate_start",
    metadata,
    Column("rate_key", Text, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("counts_until", DateTime(timezone=True), nullable=False),
    Index("rate_start_key", "rate_key", "started_at"),
    Index("rate_start_until", "counts_until"),
)

#: What people did to jobs and queues: who, when, to which (as a filter), and to how many.
intervention = Table(
    "intervention",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid),
    Column("actor_id", Uuid),
    Column("action", Text, nullable=False),
    Column("subject", JSONB, nullable=False),
    Column("jobs", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

#: How far each schedule has come: ticks up to this moment have their jobs.
schedule = Table(
    "schedule",
    metadata,
    Column("name", Text, primary_key=True),
    Column("last_tick", DateTime(timezone=True), nullable=False),
)

#: One row: which relay leads this database, and until when.
relay_lease = Table(
    "relay_lease",
    metadata,
    Column("singleton", Integer, primary_key=True, server_default="1"),
    Column("holder", Uuid, nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)

#: One row per worker process: its capacity, by which the relay keeps Redis shallow, and the queues it has actors for.
worker = Table(
    "worker",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("threads", Integer, nullable=False),
    Column("lanes", JSONB, nullable=False),
    Column("queues", JSONB, nullable=False, server_default="[]"),
    Column("seen_at", DateTime(timezone=True), nullable=False),
)
