"""The mesh tables as migrations make them, version by version.

These functions are part of migrations that have run: they never change, a new version is a new function. What the
tables are now is in `mesh_tables`.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from shared_models.kernel.database import RELAY_ROLE, database_name
from shared_models.kernel.schema import CURRENT_TENANT

_CREATED = """
CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    tenant_id uuid,
    actor_id uuid,
    name text NOT NULL,
    payload jsonb NOT NULL,
    lane smallint NOT NULL,
    trace jsonb NOT NULL,
    occurred_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE job (
    id uuid PRIMARY KEY,
    tenant_id uuid,
    actor_id uuid,
    name text NOT NULL,
    payload jsonb NOT NULL,
    event_name text,
    event_id uuid,
    caused_at timestamptz NOT NULL DEFAULT now(),
    trace jsonb NOT NULL,
    lane smallint NOT NULL,
    state text NOT NULL DEFAULT 'queued',
    run_at timestamptz NOT NULL DEFAULT now(),
    attempt smallint NOT NULL DEFAULT 0,
    max_attempts smallint NOT NULL,
    crashes smallint NOT NULL DEFAULT 0,
    lease_token uuid,
    lease_until timestamptz,
    worker uuid,
    error jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);
CREATE INDEX job_due ON job (lane, run_at, id) WHERE state = 'queued';
CREATE INDEX job_leased ON job (lease_until) WHERE state IN ('dispatched', 'running');
CREATE INDEX job_dead ON job (finished_at) WHERE state = 'dead';
CREATE TABLE relay_lease (
    singleton integer PRIMARY KEY DEFAULT 1,
    holder uuid NOT NULL,
    until timestamptz NOT NULL
);
CREATE TABLE worker (
    id uuid PRIMARY KEY,
    threads integer NOT NULL,
    lanes jsonb NOT NULL,
    seen_at timestamptz NOT NULL
);
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
"""

# A column with a constant default rewrites no table.
_DEEPENED = """
ALTER TABLE outbox ADD tier text NOT NULL DEFAULT 'STANDARD';
ALTER TABLE worker ADD queues jsonb NOT NULL DEFAULT '[]';
ALTER TABLE job
    ADD queue text NOT NULL DEFAULT 'default',
    ADD tier text NOT NULL DEFAULT 'STANDARD',
    ADD progress jsonb,
    ADD batch_id uuid,
    ADD schedule text,
    ADD tick timestamptz,
    ADD unique_key text,
    ADD ordering_key text,
    ADD concurrency_key text,
    ADD concurrency_limit smallint,
    ADD rate_key text,
    ADD rate_limit integer,
    ADD rate_seconds double precision,
    ADD awaits uuid,
    ADD awaits_success boolean NOT NULL DEFAULT false,
    ADD cancel_requested_at timestamptz,
    ADD intervention uuid;
DROP INDEX job_due;
CREATE INDEX job_due ON job (
    lane, COALESCE(tenant_id, '00000000-0000-0000-0000-000000000000'::uuid), queue,
    (CASE WHEN COALESCE(ordering_key, concurrency_key, rate_key) IS NULL
     THEN '00000000-0000-0000-0000-000000000000'::uuid
     ELSE md5(
        COALESCE(ordering_key, '') || '|' || COALESCE(concurrency_key, '') || '|' || COALESCE(rate_key, '')
     )::uuid END),
    run_at, id
) WHERE state = 'queued';
CREATE INDEX job_waiting ON job (lane, queue, run_at) WHERE state = 'queued';
CREATE INDEX job_finished ON job (finished_at) WHERE state IN ('done', 'cancelled');
CREATE UNIQUE INDEX job_unique ON job (unique_key)
    WHERE unique_key IS NOT NULL AND state IN ('blocked', 'queued', 'dispatched', 'running');
CREATE INDEX job_ordered ON job (ordering_key, created_at, id)
    WHERE ordering_key IS NOT NULL AND state IN ('queued', 'dispatched', 'running');
CREATE INDEX job_ordered_in_flight ON job (ordering_key)
    WHERE ordering_key IS NOT NULL AND state IN ('dispatched', 'running');
CREATE INDEX job_concurrent ON job (concurrency_key)
    WHERE concurrency_key IS NOT NULL AND state IN ('dispatched', 'running');
CREATE INDEX job_rated ON job (rate_key) WHERE rate_key IS NOT NULL AND state = 'dispatched';
CREATE INDEX job_batch ON job (batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX job_batch_open ON job (batch_id, id)
    WHERE batch_id IS NOT NULL AND state IN ('blocked', 'queued', 'dispatched', 'running');
CREATE INDEX job_batch_failed ON job (batch_id, id)
    WHERE batch_id IS NOT NULL AND state IN ('dead', 'cancelled');
CREATE INDEX job_awaiting ON job (awaits) WHERE state = 'blocked';
CREATE TABLE job_history (
    id uuid NOT NULL,
    tenant_id uuid,
    actor_id uuid,
    name text NOT NULL,
    queue text NOT NULL DEFAULT 'default',
    payload jsonb NOT NULL,
    event_name text,
    event_id uuid,
    caused_at timestamptz NOT NULL DEFAULT now(),
    trace jsonb NOT NULL,
    lane smallint NOT NULL,
    tier text NOT NULL DEFAULT 'STANDARD',
    state text NOT NULL DEFAULT 'queued',
    run_at timestamptz NOT NULL DEFAULT now(),
    attempt smallint NOT NULL DEFAULT 0,
    max_attempts smallint NOT NULL,
    crashes smallint NOT NULL DEFAULT 0,
    error jsonb,
    progress jsonb,
    batch_id uuid,
    schedule text,
    tick timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    intervention uuid
) PARTITION BY RANGE (finished_at);
CREATE INDEX job_history_id ON job_history (id);
CREATE INDEX job_history_tenant ON job_history (tenant_id, created_at, id);
CREATE INDEX job_history_created ON job_history (created_at, id);
CREATE INDEX job_history_finished ON job_history USING brin (finished_at);
CREATE INDEX job_history_batch ON job_history (batch_id) WHERE batch_id IS NOT NULL;
CREATE TABLE queue_pause (
    queue text PRIMARY KEY,
    paused_at timestamptz NOT NULL DEFAULT now(),
    paused_by uuid
);
CREATE TABLE schedule (
    name text PRIMARY KEY,
    last_tick timestamptz NOT NULL
);
CREATE TABLE rate_start (
    rate_key text NOT NULL,
    started_at timestamptz NOT NULL,
    counts_until timestamptz NOT NULL
);
CREATE INDEX rate_start_key ON rate_start (rate_key, started_at);
CREATE INDEX rate_start_until ON rate_start (counts_until);
CREATE TABLE subscriber (
    event_name text NOT NULL,
    actor text NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (event_name, actor)
);
CREATE TABLE event_owed (
    id uuid PRIMARY KEY,
    tenant_id uuid,
    actor_id uuid,
    name text NOT NULL,
    payload jsonb NOT NULL,
    lane smallint NOT NULL,
    tier text NOT NULL,
    trace jsonb NOT NULL,
    occurred_at timestamptz NOT NULL,
    owed_to text[] NOT NULL
);
CREATE TABLE intervention (
    id uuid PRIMARY KEY,
    tenant_id uuid,
    actor_id uuid,
    action text NOT NULL,
    subject jsonb NOT NULL,
    jobs integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
"""


def create_mesh_tables(domain: str) -> None:
    """Creates outbox, job, relay lease and worker registry, for the relay's role.

    Of them the domain's own role may use outbox and job, and sees there the current tenant's rows alone.
    """
    op.execute(text(_CREATED))
    _give_to_relay("outbox", "job", "relay_lease", "worker")
    for table in ("outbox", "job"):
        _show_by_tenant(domain, table, "SELECT, INSERT, UPDATE, DELETE")
        # Narrow, hot tables: vacuumed when a few hundred rows have changed, not a fifth of the table.
        op.execute(
            text(
                f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.01, "
                "autovacuum_vacuum_threshold = 500, autovacuum_analyze_scale_factor = 0.02, fillfactor = 70)"
            )
        )


def deepen_mesh_tables(domain: str) -> None:
    """Adds what fairness, limits, batches, schedules, cancelling, pausing and the history need.

    The relay owns the history, since it makes and drops its partitions.
    """
    op.execute(text(_DEEPENED))
    _give_to_relay("queue_pause", "rate_start", "schedule", "job_history", "intervention", "subscriber", "event_owed")
    op.execute(text(f"GRANT CREATE ON SCHEMA public TO {RELAY_ROLE}"))
    _show_by_tenant(domain, "job_history", "SELECT")
    _show_by_tenant(domain, "intervention", "SELECT, INSERT")
    op.execute(text(f"ALTER TABLE job_history OWNER TO {RELAY_ROLE}"))


def _give_to_relay(*tables: str) -> None:
    for table in tables:
        op.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {RELAY_ROLE}"))


def _show_by_tenant(domain: str, table: str, privileges: str) -> None:
    role = database_name(domain)
    op.execute(text(f"GRANT {privileges} ON {table} TO {role}"))
    op.execute(text(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))
    op.execute(
        text(f"CREATE POLICY tenant ON {table} TO {role} USING (tenant_id IS NOT DISTINCT FROM {CURRENT_TENANT})")
    )
    op.execute(text(f"CREATE POLICY relay ON {table} TO {RELAY_ROLE} USING (true)"))
