"""Runs one dispatch: take the lease, run the actor, commit effect and completion together, or settle the failure."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

import observability
from observability.errors import report
from shared_models.kernel.batches import BatchOutcome
from shared_models.kernel.database import Database, acting_as
from shared_models.kernel.job_changes import JobChanges
from shared_models.kernel.tenancy import Scope
from workers.mesh.actors import Actor, Delivery, External
from workers.mesh.awaited import outcome_of
from workers.mesh.completion import Completion
from workers.mesh.connection import MeshConnection
from workers.mesh.dispatch import Dispatch
from workers.mesh.leases import Lease
from workers.mesh.metrics import Kind, Outcome, WorkerMetrics
from workers.mesh.outcomes import Discard, LeaseLost, RetryAfter, Snooze, TimeLimitExceeded
from workers.mesh.progress import ProgressBook
from workers.mesh.retry import delay_as_asked, delay_before
from workers.mesh.settings import MeshSettings
from workers.mesh.spans import processing, within_trace
from workers.mesh.starting import Starting
from workers.mesh.under_way import BrokenOff, HandedBack, UnderWay

log = structlog.get_logger()


class Executor:
    """Runs the dispatches of one worker process."""

    def __init__(
        self,
        worker: UUID,
        databases: Mapping[str, Database],
        registers: Mapping[str, MeshConnection],
        settings: MeshSettings,
        changes: JobChanges | None = None,
    ) -> None:
        """`changes` None: nobody is told that jobs start and end."""
        self._databases = databases
        self._registers = registers
        self._settings = settings
        self._changes = changes
        self._metrics = WorkerMetrics(observability.meter("workers.mesh"))
        self._rng = random.Random()  # noqa: S311 - jitter, not a secret
        self._starting = {
            domain: Starting(register, worker, settings.running_lease_seconds) for domain, register in registers.items()
        }
        self._completion = {domain: Completion(register) for domain, register in registers.items()}
        self._progress = {domain: ProgressBook(register, self._say) for domain, register in registers.items()}
        self.under_way = UnderWay()

    async def run(self, actor: Actor, dispatch: Dispatch) -> None:
        """Runs the actor once. Never raises for the actor's sake: how it ended is recorded in the database."""
        with within_trace(dispatch.traces[0]), self.under_way.keeping(dispatch.lease):
            if actor.external and len(dispatch.jobs) > 1:
                await self._run_apart(actor, actor.external, dispatch)
            else:
                await self._attempt(actor, dispatch, self._perform(actor, dispatch))

    async def _attempt(self, actor: Actor, dispatch: Dispatch, work: Awaitable[None]) -> None:
        """Does the work within its time limit, settles what comes of it, and tells of it."""
        began, outcome, failure = time.monotonic(), Outcome.DONE, None
        try:
            with self.under_way.breakable(dispatch.jobs):
                await _within(actor.policy.time_limit or self._settings.job_seconds, work)
        except LeaseLost:
            outcome = Outcome.LEASE_LOST
            log.info("job.lease_lost", actor=dispatch.actor, jobs=len(dispatch.jobs))
        except Exception as error:
            failure = _reason(error)["code"]
            try:
                outcome = await self._settle(actor, dispatch, error)
            except Exception:
                # The database is away: the lease will run out, and the job is rescued.
                outcome = Outcome.UNSETTLED
                log.exception("job.unsettled", actor=dispatch.actor, jobs=len(dispatch.jobs))
            if outcome is Outcome.DEAD:
                # Once it is on record, and not for each attempt: what is tried again, nobody has to act on.
                report(error, actor=dispatch.actor, job_id=str(dispatch.jobs[0]), tenant=str(dispatch.tenant_id))
        self._metrics.ended(_kind(actor, dispatch), outcome, time.monotonic() - began, failure)
        self._tell(dispatch)

    async def _perform(self, actor: Actor, dispatch: Dispatch) -> None:
        """One job outside the database, or any number inside it in one transaction."""
        deliveries = await self._start(actor, dispatch)
        self._tell(dispatch)
        if deliveries and actor.external:
            await self._run_outside(actor.external, dispatch, deliveries[0], asyncio.Lock())
        elif deliveries:
            await self._run_inside(actor, dispatch, deliveries)

    async def _run_apart(self, actor: Actor, function: External[Any], dispatch: Dispatch) -> None:
        """Jobs that came in one message but share no transaction: one after another, and each ends for itself.

        The next one begins while the end of the one before is being recorded.
        """
        try:
            deliveries = await self._start(actor, dispatch)
        except LeaseLost:
            log.info("job.lease_lost", actor=dispatch.actor, jobs=len(dispatch.jobs))
            return
        except Exception:
            log.exception("job.unsettled", actor=dispatch.actor, jobs=len(dispatch.jobs))
            return
        self._tell(dispatch)
        turn = asyncio.Lock()
        async with asyncio.TaskGroup() as group:
            for delivery in deliveries:
                alone = dispatch.only(delivery.job_id)
                group.create_task(self._attempt(actor, alone, self._run_outside(function, alone, delivery, turn)))

    async def close(self) -> None:
        """Called when nothing runs any more."""
        for book in self._progress.values():
            await book.close()

    def _tell(self, dispatch: Dispatch) -> None:
        """Its jobs are in another state, and that is committed."""
        self._say(dispatch.tenant_id, dispatch.jobs)

    def _say(self, tenant_id: UUID | None, jobs: Sequence[UUID]) -> None:
        if self._changes:
            self._changes.tell(tenant_id, jobs)

    async def hand_back(self, dispatch: Dispatch, *, seconds: float) -> None:
        """Returns a dispatch that is not going to run here."""
        async with self._databases[dispatch.domain].transaction(dispatch.scope()) as session:
            await Lease(dispatch.lease).hand_back(session, dispatch.jobs, seconds=seconds)
        self._tell(dispatch)

    async def _start(self, actor: Actor, dispatch: Dispatch) -> list[Delivery[Any]]:
        """What is to run: jobs that were lost meanwhile are left out, as are those whose payload does not fit.

        Raises `LeaseLost` when all were lost.
        """
        lease = Lease(dispatch.lease)
        register = self._registers[dispatch.domain]
        rows = await self._starting[dispatch.domain].start(dispatch)
        if not rows:
            raise LeaseLost
        deliveries = []
        for row in sorted(rows, key=lambda row: (row.caused_at, row.id)):
            try:
                outcome = await outcome_of(register, row.awaits) if row.awaits else None
                deliveries.append(_delivery(actor, row, outcome, self._progress[dispatch.domain]))
            except msgspec.ValidationError as error:
                reason = {"code": "PAYLOAD_INVALID", "message": str(error)}
                async with self._databases[dispatch.domain].transaction(dispatch.scope()) as session:
                    await lease.bury(session, [row.id], error=reason)
                log.error("job.dead", actor=actor.name, job_id=str(row.id), **reason)
                report(error, actor=actor.name, job_id=str(row.id), tenant=str(dispatch.tenant_id))
            else:
                self._metrics.started(_kind(actor, dispatch), row.waited)
        return deliveries

    async def _run_inside(self, actor: Actor, dispatch: Dispatch, deliveries: Sequence[Delivery[Any]]) -> None:
        async with self._databases[dispatch.domain].transaction(dispatch.scope()) as session:
            if actor.batched:
                with processing(dispatch, deliveries):
                    await actor.batched(session, deliveries)
            elif actor.transactional:
                for delivery in deliveries:
                    with processing(dispatch, [delivery]), acting_as(session, delivery.actor_id):
                        await actor.transactional(session, delivery)
            await Lease(dispatch.lease).finish(session, [delivery.job_id for delivery in deliveries])

    async def _run_outside(
        self, function: External[Any], dispatch: Dispatch, delivery: Delivery[Any], turn: asyncio.Lock
    ) -> None:
        scope = msgspec.structs.replace(dispatch.scope(), actor_id=delivery.actor_id)
        attempt = RunningAttempt(self._databases[dispatch.domain], scope, Lease(dispatch.lease), delivery.job_id)
        with processing(dispatch, [delivery]):
            async with turn:
                await function(attempt, delivery)
            if not attempt.completed:  # nothing to record but that it is done
                await self._completion[dispatch.domain].finish(delivery.job_id, dispatch.lease)

    async def _settle(self, actor: Actor, dispatch: Dispatch, error: Exception) -> Outcome:
        lease = Lease(dispatch.lease)
        async with self._databases[dispatch.domain].transaction(dispatch.scope()) as session:
            if isinstance(error, BrokenOff | HandedBack):
                return await _settle_unended(session, lease, dispatch, error)
            if len(dispatch.jobs) > 1 and not (actor.batched and isinstance(error, Snooze)):
                # One of them failed, all were rolled back: each is tried again alone, since it has been tried.
                await lease.retry(session, dispatch.jobs, seconds=0, error=_reason(error))
                log.info("job.batch_parted", actor=dispatch.actor, jobs=len(dispatch.jobs), **_reason(error))
                return Outcome.RETRY
            if isinstance(error, Snooze):
                await lease.hand_back(session, dispatch.jobs, seconds=delay_as_asked(error.seconds))
                return Outcome.SNOOZED
            held = await lease.held(session, dispatch.jobs)
            if not held:
                return Outcome.LEASE_LOST
            attempt = max(attempt for _, attempt in held)
            reason = _reason(error)
            policy = actor.policy.retry.for_error(error)
            if policy is None or isinstance(error, Discard) or attempt >= actor.policy.max_attempts:
                await lease.bury(session, dispatch.jobs, error=reason)
                log.error("job.dead", actor=dispatch.actor, job_id=str(dispatch.jobs[0]), attempt=attempt, **reason)
                return Outcome.DEAD
            seconds = delay_before(attempt, policy, self._rng)
            if isinstance(error, RetryAfter):
                seconds = max(seconds, delay_as_asked(error.seconds))
            await lease.retry(session, dispatch.jobs, seconds=seconds, error=reason)
            log.warning(
                "job.retry",
                actor=dispatch.actor,
                job_id=str(dispatch.jobs[0]),
                attempt=attempt,
                seconds=round(seconds, 2),
                **reason,
            )
            return Outcome.RETRY


def _kind(actor: Actor, dispatch: Dispatch) -> Kind:
    return Kind(dispatch.domain, actor.policy.queue, dispatch.lane, dispatch.tier)


class RunningAttempt:
    """The `Attempt` that an external actor is given."""

    def __init__(self, database: Database, scope: Scope, lease: Lease, job_id: UUID) -> None:
        self._database = database
        self._scope = scope
        self._lease = lease
        self._job_id = job_id
        self.completed = False

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A transaction to read or prepare in, before the work outside."""
        async with self._database.transaction(self._scope) as session:
            yield session

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """The one transaction that records the outcome; the completion comes first, so that a zombie is fenced."""
        async with self._database.transaction(self._scope) as session:
            await self._lease.finish(session, [self._job_id])
            yield session
        self.completed = True


def _delivery(actor: Actor, row: Any, outcome: BatchOutcome | None, progress: ProgressBook) -> Delivery[Any]:
    """The delivery of a job's row; raises `msgspec.ValidationError` when its payload does not fit."""
    return Delivery(
        payload=actor.decode(row.event_name or row.name, row.payload),
        job_id=row.id,
        event_id=row.event_id,
        event_name=row.event_name,
        occurred_at=row.caused_at,
        tenant_id=row.tenant_id,
        actor_id=row.actor_id,
        trace_id=_trace_id(msgspec.json.decode(row.trace, type=dict[str, str])),
        attempt=row.attempt,
        waited=max(0.0, row.waited),
        batch_id=row.batch_id,
        outcome=outcome,
        teller=progress.teller(row.id, row.lease_token),
    )


def _trace_id(carrier: dict[str, str]) -> str | None:
    """The trace id within a W3C `traceparent` (`00-<trace id>-<span id>-<flags>`)."""
    parent = carrier.get("traceparent")
    return parent.split("-")[1] if parent else None


async def _settle_unended(
    session: AsyncSession, lease: Lease, dispatch: Dispatch, error: BrokenOff | HandedBack
) -> Outcome:
    """An attempt that was broken off: for good, or to be made elsewhere."""
    if isinstance(error, HandedBack):
        await lease.hand_back(session, dispatch.jobs, seconds=0)
        log.info("job.handed_back", actor=dispatch.actor, jobs=len(dispatch.jobs))
        return Outcome.HANDED_BACK
    cancelled = await lease.cancel(session, dispatch.jobs)
    log.info("job.cancelled", actor=dispatch.actor, jobs=cancelled)
    return Outcome.CANCELLED if cancelled else Outcome.LEASE_LOST


async def _within(seconds: float, work: Awaitable[None]) -> None:
    """Does the work, or raises `TimeLimitExceeded`; a `TimeoutError` of the work's own is passed on as it is."""
    try:
        async with asyncio.timeout(seconds) as limit:
            await work
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TimeLimitExceeded(f"It took longer than {seconds:g} s and was broken off.") from error


def _reason(error: Exception) -> dict[str, str]:
    code = getattr(error, "code", None) or type(error).__name__
    message = str(error) or (type(error).__doc__ or "").partition("\n")[0]
    return {"code": str(code), "message": message[:2000]}
