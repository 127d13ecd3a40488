"""Jobs as rows: how those are written that a domain enqueues, that a relay delivers, and that schedules make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import msgspec

from shared_models.kernel.job_state import JobState
from shared_models.kernel.jobs import NO_KEYS, InvalidJob, Keys
from shared_models.kernel.tenancy import Lane, Tier

_COLUMNS: LiteralString = (
    "id, tenant_id, actor_id, name, queue, payload, event_name, event_id, trace, lane, tier, state, max_attempts, "
    "batch_id, awaits, awaits_success, schedule, tick, unique_key, ordering_key, concurrency_key, concurrency_limit, "
    "rate_key, rate_limit, rate_seconds"
)

# Each row is a moment younger than the one before it: jobs of one key run in this order.
#: Takes one parameter, rows as a JSON array; returns the ids of those that are new.
INSERT_JOBS: LiteralString = f"""
INSERT INTO job ({_COLUMNS}, caused_at, run_at, created_at)
SELECT {_COLUMNS}, COALESCE(caused_at, now()), COALESCE(run_at, enqueued_at), enqueued_at
FROM (
    SELECT *, clock_timestamp() + ordinality * interval '1 microsecond' AS enqueued_at
    FROM ROWS FROM (jsonb_to_recordset(%s::jsonb) AS (
        id uuid, tenant_id uuid, actor_id uuid, name text, queue text, payload jsonb, event_name text, event_id uuid,
        trace jsonb, lane smallint, tier text, state text, max_attempts smallint, batch_id uuid, awaits uuid,
        awaits_success boolean, schedule text, tick timestamptz, unique_key text, ordering_key text,
        concurrency_key text, concurrency_limit smallint, rate_key text, rate_limit integer,
        rate_seconds double precision, caused_at timestamptz, run_at timestamptz
    )) WITH ORDINALITY
) AS enqueued
ON CONFLICT DO NOTHING
RETURNING id
"""

# A job that has ended leaves `job` for the history in a transaction of its own. A row that was inserted under its id
# can only have been so after that commit, so a second statement sees it there; within one statement it would not.
#: Takes the ids that `INSERT_JOBS` returned, in the same transaction: removes those that have run before.
DELETE_ENDED: LiteralString = """
DELETE FROM job WHERE id = ANY(%s) AND EXISTS (SELECT FROM job_history WHERE job_history.id = job.id)
"""


class Place(msgspec.Struct, frozen=True):
    """Where a job stands among others: the batch that it is a member of, the batch that it waits for.

    `awaits_success`: it does not run when a member of the batch that it awaits is dead or cancelled.
    """

    batch_id: UUID | None = None
    awaits: UUID | None = None
    awaits_success: bool = False


NO_PLACE = Place()


class JobRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row for `INSERT_JOBS`. `run_at` and `caused_at` None: now."""

    id: UUID
    tenant_id: UUID | None
    actor_id: UUID | None
    name: str
    payload: msgspec.Raw
    trace: Mapping[str, str]
    lane: Lane
    tier: Tier
    max_attempts: int
    queue: str
    state: JobState = JobState.QUEUED
    run_at: datetime | None = None
    event_name: str | None = None
    event_id: UUID | None = None
    caused_at: datetime | None = None
    batch_id: UUID | None = None
    awaits: UUID | None = None
    awaits_success: bool = False
    schedule: str | None = None
    tick: datetime | None = None
    unique_key: str | None = None
    ordering_key: str | None = None
    concurrency_key: str | None = None
    concurrency_limit: int | None = None
    rate_key: str | None = None
    rate_limit: int | None = None
    rate_seconds: float | None = None

    def held_by(self, keys: Keys) -> JobRow:
        """The row with keys, which become the tenant's own; those of uniqueness and order the job's, too.

        Raises `InvalidJob` for keys that cannot be stored.
        """
        if keys is NO_KEYS:
            return self
        try:
            msgspec.convert(msgspec.to_builtins(keys), Keys)  # a struct does not look at what it is given
        except msgspec.ValidationError as error:
            raise InvalidJob(f"{self.name} has a key that it cannot have: {error}", job=self.name) from error
        concurrency, rate = keys.concurrency, keys.rate
        return msgspec.structs.replace(
            self,
            unique_key=keys.unique and f"{self.tenant_id}/{self.name}/{keys.unique}",
            ordering_key=keys.ordering and f"{self.tenant_id}/{self.name}/{keys.ordering}",
            concurrency_key=concurrency and f"{self.tenant_id}/{concurrency.key}",
            concurrency_limit=concurrency and concurrency.limit,
            rate_key=rate and f"{self.tenant_id}/{rate.key}",
            rate_limit=rate and rate.limit,
            rate_seconds=rate and rate.seconds,
        )

    def standing_at(self, place: Place) -> JobRow:
        """The row with its place; it is blocked while it waits for a batch."""
        if place is NO_PLACE:
            return self
        state = JobState.BLOCKED if place.awaits else self.state
        return msgspec.structs.replace(self, state=state, **msgspec.structs.asdict(place))


def encoded(rows: Sequence[JobRow]) -> str:
    """The rows as the parameter of `INSERT_JOBS`."""
    return msgspec.json.encode(rows).decode()
