"""A job and a queue, as whoever operates the platform sees them; and who that is."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from shared_models.kernel.job_state import JobState
from shared_models.kernel.tenancy import Lane, Scope


class Operator(msgspec.Struct, frozen=True):
    """Who looks and intervenes. `tenant_id` None is the platform's own operator, who sees every tenant's jobs."""

    tenant_id: UUID | None
    actor_id: UUID | None
    name: str

    def scope(self) -> Scope:
        """The scope of what they do, by which interventions say who it was."""
        return Scope(self.tenant_id, Lane.INTERACTIVE, self.actor_id)


class Progress(msgspec.Struct, frozen=True):
    """How far a job is, as it says itself."""

    done: int = 0
    total: int | None = None
    note: str | None = None


class Failure(msgspec.Struct, frozen=True):
    """Why the last attempt failed."""

    code: str = "UNKNOWN"
    message: str = ""


class JobRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A job of a domain, from its table or its history. `event_name`: of the event that it is about, if it is."""

    id: UUID
    name: str
    domain: str
    queue: str
    event_name: str | None
    lane: Lane
    state: JobState
    progress: Progress | None
    attempt: int
    max_attempts: int
    run_at: datetime
    created_at: datetime
    finished_at: datetime | None
    cancel_requested_at: datetime | None
    error: Failure | None
    trace_id: str | None
    tenant_id: UUID | None


class QueueRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A queue in one lane of a domain. `lane` None: it is paused, and nothing is in it.

    `age` is that of the job that has been due the longest, in seconds; `finished` and `died` count the last minute.
    """

    domain: str
    name: str
    lane: Lane | None
    depth: int
    in_flight: int
    dead: int
    age: float | None
    finished: int
    died: int
    paused: bool

    @property
    def failure_rate(self) -> float | None:
        """Of those that ended within the last minute, the share that died; None where none has ended."""
        return self.died / self.finished if self.finished else None


class Position(msgspec.Struct, frozen=True):
    """Where a list continues: behind the job of this time and id."""

    created_at: datetime
    id: UUID


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs; what is not said does not restrict. `since`: created then or later; `ended_since`: ended so."""

    state: JobState | None = None
    domain: str | None = None
    queue: str | None = None
    name: str | None = None
    lane: Lane | None = None
    since: datetime | None = None
    ended_since: datetime | None = None
    error_code: str | None = None
    tenant_id: UUID | None = None
