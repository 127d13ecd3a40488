"""The role `work`: one process that runs actors of its domains, from the lanes it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from typing import Any
from uuid import UUID

import dramatiq
import msgspec
import structlog
import uvloop
from dramatiq.asyncio import get_event_loop_thread
from dramatiq.broker import MessageProxy
from dramatiq.middleware import AsyncIO, Middleware

import observability
from shared_models.kernel.database import RELAY_ROLE, Database, database_url
from shared_models.kernel.ids import new_id
from shared_models.kernel.job_changes import JobChanges
from shared_models.kernel.nudge import Nudge
from shared_models.kernel.redis import connect
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Lane
from workers.mesh.actors import Actor
from workers.mesh.broker import MeshBroker
from workers.mesh.connection import MeshConnection
from workers.mesh.dispatch import QUEUE, from_kwargs, redis_keys
from workers.mesh.execution import Executor
from workers.mesh.health import serve_health
from workers.mesh.presence import Capacity, Presence
from workers.mesh.priority import stand_back
from workers.mesh.roster import Roster
from workers.mesh.settings import MeshSettings
from workers.mesh.subscribers import Subscribers
from workers.mesh.watchdog import Watchdog

log = structlog.get_logger()

#: How long jobs that outlast the grace may take to be broken off and handed back.
HAND_BACK_SECONDS = 3.0


class WorkerProcess:
    """Everything one worker process holds: Dramatiq's threads, one event loop, a pool per domain."""

    def __init__(self, roster: Roster, lanes: Sequence[Lane], kernel: KernelSettings, mesh: MeshSettings) -> None:
        self.id: UUID = new_id()
        self._closers = roster.closers
        self._grace = mesh.worker_grace_seconds
        self._redis = connect(kernel.redis_url)
        nudge = Nudge(self._redis)
        pool = max(2, mesh.worker_threads // 2)
        self._databases = {
            domain: Database(
                domain, database_url(kernel, domain), pool_size=pool, on_commit=nudge, check_connections=False
            )
            for domain in roster.domains
        }
        # Where it marks what it runs: of every tenant, so by the relay's role.
        self._registers = {
            domain: MeshConnection(domain, database_url(kernel, domain, role=RELAY_ROLE), durable=False)
            for domain in roster.domains
        }
        self._changes = JobChanges(self._redis)
        self._executor = Executor(self.id, self._databases, self._registers, mesh, self._changes)
        self._presence = Presence(
            self.id,
            list(self._registers.values()),
            Capacity(mesh.worker_threads, lanes, {domain: roster.queues(domain) for domain in roster.domains}),
            self._executor.under_way,
            lease_seconds=mesh.running_lease_seconds,
        )
        self._subscribers = Subscribers(roster, kernel)
        self._broker = MeshBroker(
            kernel.redis_url,
            redis_keys(roster.domains, lanes),
            slots=mesh.worker_threads,
            hand_back=self._hand_back,
            middleware=[AsyncIO(), _Lifetime(self)],
        )
        for actor in roster.actors.values():
            self._declare(actor)
        self._worker = dramatiq.Worker(self._broker, worker_threads=mesh.worker_threads, worker_timeout=500)
        self._subscriber_seconds = mesh.subscriber_seconds
        self._stuck_seconds = mesh.running_lease_seconds
        self._telling: list[Future[None]] = []
        self._watchdog: Watchdog | None = None

    def start(self) -> None:
        """Starts the threads; returns at once."""
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # Dramatiq makes its loop by the policy
        self._worker.start()
        log.info("worker.started", worker=str(self.id))

    def stop(self) -> None:
        """Takes no more work, lets jobs finish within the grace, hands the rest back, closes everything."""
        self._worker.stop(timeout=int(self._grace * 1000))
        log.info("worker.stopped", worker=str(self.id))

    async def check(self) -> None:
        """Raises unless every database of the worker answers."""
        # The pools belong to the loop of the actors, not to that of the health server.
        await asyncio.wrap_future(self._submit(self._ping()))

    def open(self) -> None:
        """Called by Dramatiq once the event loop runs."""
        self._telling = [
            self._submit(self._presence.run()),
            self._submit(self._subscribers.run(seconds=self._subscriber_seconds)),
        ]
        self._watchdog = Watchdog(_loop(), seconds=self._stuck_seconds)
        self._watchdog.start()

    def take_no_more(self) -> None:
        """Called by Dramatiq when it begins to stop: what runs may end within the grace."""
        self._broker.take_no_more()

    def close(self) -> None:
        """Called by Dramatiq once no job runs any more, or the grace is over, before the event loop ends."""
        try:
            self._submit(self._executor.under_way.hand_back()).result(timeout=HAND_BACK_SECONDS)
        except Exception as error:
            # Then it goes back by itself, when its lease ends.
            log.warning("worker.not_handed_back", jobs=len(self._executor.under_way.leases()), error=repr(error))
        for telling in self._telling:
            telling.cancel()
        self._submit(self._close()).result(timeout=5)
        if self._watchdog:
            self._watchdog.stop()

    def _declare(self, actor: Actor) -> None:
        @dramatiq.actor(actor_name=actor.name, queue_name=QUEUE, broker=self._broker)
        async def perform(dispatch: dict[str, Any]) -> None:
            try:
                known = from_kwargs(dispatch)
            except msgspec.ValidationError as error:
                # It names no job. If it was one of ours, its lease ends and it is sent anew.
                log.error("mesh.undecodable_message", actor=actor.name, error=str(error))
            else:
                await self._executor.run(actor, known)

    def _hand_back(self, message: MessageProxy, seconds: float) -> None:
        try:
            dispatch = from_kwargs(message.kwargs["dispatch"])
            self._submit(self._executor.hand_back(dispatch, seconds=seconds)).result(timeout=5)
        except Exception as error:
            # Then it goes back by itself, when its lease ends.
            log.warning("worker.not_handed_back", actor=message.actor_name, error=repr(error))

    async def _ping(self) -> None:
        await asyncio.gather(*(database.ping() for database in self._databases.values()))

    async def _close(self) -> None:
        await self._presence.leave()
        await self._executor.close()
        await self._changes.close()
        await asyncio.gather(*(close() for close in self._closers))
        await asyncio.gather(*(database.close() for database in self._databases.values()))
        await asyncio.gather(*(register.close() for register in self._registers.values()))
        await self._redis.aclose()

    def _submit(self, work: Coroutine[Any, Any, None]) -> Future[None]:
        try:
            return asyncio.run_coroutine_threadsafe(work, _loop())
        except RuntimeError:
            work.close()
            raise


def _loop() -> asyncio.AbstractEventLoop:
    """The loop that Dramatiq runs the actors on; raises `RuntimeError` when it does not run."""
    thread = get_event_loop_thread()
    if thread is None:
        raise RuntimeError("The worker's event loop does not run.")
    return thread.loop


class _Lifetime(Middleware):
    """Ties what lives on the event loop to the worker's life. Stands after `AsyncIO`, which owns the loop."""

    def __init__(self, process: WorkerProcess) -> None:
        self._process = process

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """The loop runs, no job does yet."""
        self._process.open()

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Jobs run, and so does what would take more of them."""
        self._process.take_no_more()

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """No worker thread waits for a job any more, the loop still runs."""
        self._process.close()


def run(roster: Roster, lanes: Sequence[Lane], host: str, port: int) -> None:
    """Runs a worker in the foreground, until SIGTERM or SIGINT."""
    settings = MeshSettings()
    stand_back(settings.worker_niceness)
    observability.setup("worker")
    process = WorkerProcess(roster, lanes, KernelSettings(), settings)
    process.start()
    try:
        uvloop.run(serve_health(host, port, process.check))
    finally:
        process.stop()
        observability.shutdown()
