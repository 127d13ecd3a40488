"""How a domain declares what it does: actors for its own jobs and for the events of others.

actors = ActorSet("catalog")

@actors.on(OrderPlaced)
async def reserve_stock(session, delivery): ...
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.batches import BatchOutcome
from shared_models.kernel.events import Event
from shared_models.kernel.jobs import Job, Keys, Retry
from workers.mesh.schedules import Schedule

P_co = TypeVar("P_co", covariant=True)
E = TypeVar("E", bound=Event)
J = TypeVar("J", bound=Job)


class Delivery(msgspec.Struct, Generic[P_co], frozen=True):
    """What an actor is given: the payload, and where it comes from.

    `job_id` is the same however often it is tried: use it as the idempotency key of work outside.
    """

    payload: P_co
    job_id: UUID
    event_id: UUID | None
    event_name: str | None
    occurred_at: datetime
    tenant_id: UUID | None
    actor_id: UUID | None
    trace_id: str | None
    attempt: int
    waited: float = 0.0
    """Seconds from when it was due to the start of this attempt."""
    batch_id: UUID | None = None
    """The batch that it is a member of, to which it may add others."""
    outcome: BatchOutcome | None = None
    """How the members of the batch have ended that it awaited."""
    teller: Callable[[int, int | None, str | None], None] | None = None
    """What `tell_progress` tells; None where nobody listens."""

    def tell_progress(self, done: int, total: int | None = None, note: str | None = None) -> None:
        """Tells how far it is: so much of so much, and a few words. Others see it while the job runs.

        Returns at once, and may be called as often as one likes, from any thread: the latest is written down, about
        four times a second, outside of the job's own transaction.
        """
        if self.teller:
            self.teller(done, total, note)


class Attempt(Protocol):
    """One try at work outside the database."""

    def reading(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A transaction to read or prepare in, before the work outside."""

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """The one transaction that records the outcome and completes the job; raises `LeaseLost` when fenced."""


#: An actor's function in the three shapes it may have.
Transactional = Callable[[AsyncSession, Delivery[P_co]], Awaitable[None]]
External = Callable[[Attempt, Delivery[P_co]], Awaitable[None]]
Batched = Callable[[AsyncSession, Sequence[Delivery[P_co]]], Awaitable[None]]


class Policy(msgspec.Struct, frozen=True):
    """How an actor is to be run; that of a job is part of its declaration.

    `keys` are those of one delivery, from its payload. The rest is as in `Job`.
    """

    queue: str = Job.queue
    max_attempts: int = Job.max_attempts
    retry: Retry = Job.retry
    time_limit: float | None = Job.time_limit
    keys: Callable[[Any], Keys] | None = None


DEFAULT_POLICY = Policy()


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A declared actor. `accepts` maps the wire name of what it takes to its type; exactly one shape is set.

    `batch_size`: how many jobs of one tenant may come in one message, and then share a transaction.
    """

    name: str
    domain: str
    accepts: dict[str, type[Any]]
    policy: Policy = DEFAULT_POLICY
    batch_size: int = 1
    transactional: Transactional[Any] | None = None
    external: External[Any] | None = None
    batched: Batched[Any] | None = None

    def decode(self, wire_name: str, payload: msgspec.Raw) -> Any:
        """The typed payload; raises `msgspec.ValidationError` when it no longer fits."""
        kind = self.accepts.get(wire_name)
        if kind is None:
            raise msgspec.ValidationError(f"{self.name} does not take {wire_name}")
        return msgspec.json.decode(payload, type=kind)


class ActorSet:
    """The actors of one domain, by name. Event actors are named `<domain>.<function>`, job actors like their job."""

    def __init__(self, domain: str, *, close: Callable[[], Awaitable[None]] | None = None) -> None:
        """`close` is awaited when a worker process ends: for connections that its actors have opened."""
        self.domain = domain
        self.close = close
        self.actors: dict[str, Actor] = {}
        self.schedules: dict[str, Schedule] = {}

    def on(
        self, event: type[E], *, together: int = 1, policy: Policy = DEFAULT_POLICY
    ) -> Callable[[Transactional[E]], Transactional[E]]:
        """Runs for each `event`: effect, own events and completion in one transaction.

        Under load, up to `together` deliveries of one tenant share that transaction, one after another; when one
        of them fails, all are rolled back and tried again alone. For actors of which no two deliveries touch the
        same rows: from two such transactions they would lock each other out.
        """

        def declare(function: Transactional[E]) -> Transactional[E]:
            self._add(self._event_actor(function, event, transactional=function, batch_size=together, policy=policy))
            return function

        return declare

    def performs(self, job: type[J], *, together: int = 1) -> Callable[[Transactional[J]], Transactional[J]]:
        """Performs a job of the own domain, in one transaction, which under load up to `together` share as in `on`."""

        def declare(function: Transactional[J]) -> Transactional[J]:
            self._add(self._job_actor(job, transactional=function, batch_size=together))
            return function

        return declare

    def on_external(self, event: type[E], *, policy: Policy = DEFAULT_POLICY) -> Callable[[External[E]], External[E]]:
        """Runs for each `event`, works outside the database, then records it in `attempt.transaction()`."""

        def declare(function: External[E]) -> External[E]:
            self._add(self._event_actor(function, event, external=function, policy=policy))
            return function

        return declare

    def performs_external(self, job: type[J], *, together: int = 1) -> Callable[[External[J]], External[J]]:
        """Performs a job of the own domain whose work lies outside the database.

        Where it records nothing in `attempt.transaction()`, its completion is written together with others'. Under
        load, up to `together` jobs of one tenant travel in one message; they run one after another within one time
        limit, and each fails for itself. For jobs that take milliseconds.
        """

        def declare(function: External[J]) -> External[J]:
            self._add(self._job_actor(job, external=function, batch_size=together))
            return function

        return declare

    def on_batched(self, *events: type[Event], size: int) -> Callable[[Batched[Event]], Batched[Event]]:
        """Runs for up to `size` events of one tenant at once, in one transaction, one batch of a tenant at a time."""

        def declare(function: Batched[Event]) -> Batched[Event]:
            self._add(self._event_actor(function, *events, batched=function, batch_size=size))
            return function

        return declare

    def schedule(self, schedule: Schedule) -> None:
        """Enqueues a job of the own domain by the clock, on behalf of the platform. Raises `ValueError`."""
        schedule.check()
        if schedule.job.domain != self.domain:
            raise ValueError(f"Schedule {schedule.name}: its job is performed by {schedule.job.domain}.")
        if schedule.name in self.schedules:
            raise ValueError(f"Schedule {schedule.name}: there are two.")
        self.schedules[schedule.name] = schedule

    def _event_actor(self, function: Callable[..., Any], *events: type[Event], **shape: Any) -> Actor:
        return Actor(
            name=f"{self.domain}.{function.__name__}",
            domain=self.domain,
            accepts={event.name(): event for event in events},
            **shape,
        )

    def _job_actor(self, job: type[Job], **shape: Any) -> Actor:
        if job.domain != self.domain:
            raise ValueError(f"{job.name()} is performed by {job.domain}, not by {self.domain}.")
        return Actor(
            name=job.name(),
            domain=self.domain,
            accepts={job.name(): job},
            policy=Policy(job.queue, job.max_attempts, job.retry, job.time_limit),
            **shape,
        )

    def _add(self, actor: Actor) -> None:
        if actor.name in self.actors:
            raise ValueError(f"Two actors are named {actor.name}.")
        self.actors[actor.name] = actor
