"""The role `relay`: for each domain, leads or stands by; a leader ships, claims and rescues."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Coroutine, Sequence
from enum import Enum, auto
from typing import Any
from uuid import UUID

import structlog
import uvloop
from redis.asyncio import Redis

import observability
from shared_models.kernel.database import RELAY_ROLE, database_url
from shared_models.kernel.ids import new_id
from shared_models.kernel.job_changes import JobChanges
from shared_models.kernel.nudge import CHANNEL_PREFIX
from shared_models.kernel.redis import connect
from shared_models.kernel.settings import KernelSettings
from workers.mesh.connection import MeshConnection
from workers.mesh.health import serve_health
from workers.mesh.metrics import RelayMetrics
from workers.mesh.relay.census import take_census
from workers.mesh.relay.claiming import Claims, Dispatched
from workers.mesh.relay.history import HistoryDays, Mover
from workers.mesh.relay.keyed import RateStarts
from workers.mesh.relay.leadership import Leadership
from workers.mesh.relay.owing import Owing
from workers.mesh.relay.release import Release
from workers.mesh.relay.rescue import rescue
from workers.mesh.relay.shipping import ship
from workers.mesh.relay.survey import survey
from workers.mesh.relay.ticking import Ticking
from workers.mesh.relay.upkeep import Chore, Upkeep
from workers.mesh.roster import Roster
from workers.mesh.settings import MeshSettings
from workers.mesh.subscribers import Subscribers

log = structlog.get_logger()

#: The wait between two looks when there is nothing to do: doubles from the first to the second, until a nudge.
SHORTEST_WAIT, LONGEST_WAIT = 0.02, 0.25

#: The wait while there is work: grows by the first with each round that finds some, up to the second. So a lone
#: order is passed on at once, and under load what commits meanwhile travels together. It is halved after a round that
#: sent as much as all threads can take at once: some may have waited for it.
BUSY_WAIT, LONGEST_BUSY_WAIT = 0.002, 0.02

RESCUE_EVERY = 1.0
AFTER_FAILURE = 0.5

#: How long a relay that is told to stop may take to send what it is claiming. What is left unsent waits for its lease.
SEND_SECONDS = 3.0

COUNT_EVERY = 10.0


class Found(Enum):
    """What one look of a relay found to do."""

    NOTHING = auto()
    SOME = auto()
    AS_MUCH_AS_CAN_RUN = auto()


class DomainRelay:
    """The relay of one domain."""

    def __init__(self, relay: Relay, database: MeshConnection, leadership: Leadership) -> None:
        self._relay = relay
        self._database = database
        self._leadership = leadership
        self._claims = Claims(database, relay.roster, relay.redis, lease_seconds=relay.mesh.dispatch_lease_seconds)
        self._nudged = asyncio.Event()
        self._leads_until = 0.0
        self._rescue_at = 0.0
        self._ship_at = 0.0
        self.leads = False

    def nudge(self) -> None:
        """There may be something to do: look now."""
        self._nudged.set()

    async def run(self) -> None:
        """Works until cancelled; a failure is logged and tried again, it ends nothing."""
        wait, busy_wait = SHORTEST_WAIT, 0.0
        while True:
            try:
                found = await self.look()
            except Exception as error:
                log.warning("relay.failed", domain=self._database.domain, error=repr(error)[:500])
                await self._wait_for_nudge(AFTER_FAILURE)
                continue
            if found is Found.NOTHING:
                await self._wait_for_nudge(wait)
                wait, busy_wait = min(LONGEST_WAIT, wait * 2), 0.0
            else:
                busy_wait = next_busy_wait(busy_wait, found)
                wait = SHORTEST_WAIT
                await asyncio.sleep(busy_wait)

    async def resign(self) -> None:
        """Lets a standby lead at once."""
        if self.leads:
            await self._leadership.resign()

    async def look(self) -> Found:
        """One round. Raises whatever keeps it from its end."""
        self._nudged.clear()
        if not await self._lead():
            return Found.NOTHING
        now = time.monotonic()
        if now >= self._rescue_at:
            self._rescue_at = now + RESCUE_EVERY
            for job in await rescue(self._database, self._relay.metrics):
                self._relay.changes.tell(job.tenant_id, [job.id])
        found = await survey(self._database)
        shipped = found.unshipped and now >= self._ship_at and await self._ship()
        if shipped:
            found = await survey(self._database)
        if not found.due:
            return Found.SOME if shipped else Found.NOTHING
        sent = await _to_its_end(self._claims.dispatch_due(found))
        self._relay.metrics.dispatched(self._database.domain, sent.messages)
        if sent.messages >= found.threads:
            return Found.AS_MUCH_AS_CAN_RUN
        return Found.SOME if shipped or sent.messages or not sent.everywhere else Found.NOTHING

    async def _ship(self) -> bool:
        """Ships; what fails at a subscriber keeps the events waiting, but not this domain's own jobs.

        False where it failed: then it is tried again, but not at each look.
        """
        try:
            shipment = await ship(
                self._database,
                self._relay.databases,
                self._relay.roster,
                self._relay.redis,
                subscriber_seconds=self._relay.mesh.subscriber_seconds,
            )
            if shipment.owed:
                log.info("relay.owes", domain=self._database.domain, events=shipment.owed)
            self._relay.metrics.shipped(self._database.domain, shipment.events)
            for domain in shipment.domains:
                await self._relay.wake(domain)
        except Exception as error:  # whatever it was: the other domain's database, or its keys for an event
            self._ship_at = time.monotonic() + AFTER_FAILURE
            log.warning("relay.not_shipped", domain=self._database.domain, error=repr(error)[:500])
            return False
        return True

    async def _lead(self) -> bool:
        """Whether this relay leads; the lease is renewed three times in its length."""
        seconds = self._relay.mesh.relay_lease_seconds
        now = time.monotonic()
        if now < self._leads_until - seconds * 2 / 3:
            return True
        self.leads = await self._leadership.hold()
        self._leads_until = now + seconds if self.leads else 0.0
        return self.leads

    async def _wait_for_nudge(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._nudged.wait()


async def _to_its_end(claim: Coroutine[Any, Any, Dispatched]) -> Dispatched:
    """Makes a claim, and sends it also where the relay is told to stop meanwhile."""
    claiming = asyncio.create_task(claim)
    try:
        return await asyncio.shield(claiming)
    except asyncio.CancelledError:
        await asyncio.wait({claiming}, timeout=SEND_SECONDS)
        raise
    finally:
        claiming.cancel()  # of one that has ended, nothing


def next_busy_wait(wait: float, found: Found) -> float:
    """Seconds until the next look, after one that found something, by those before it."""
    if found is Found.AS_MUCH_AS_CAN_RUN:
        return max(BUSY_WAIT, wait / 2)
    return min(LONGEST_BUSY_WAIT, wait + BUSY_WAIT)


class Relay:
    """The relays of several domains in one process."""

    def __init__(self, roster: Roster, domains: Sequence[str], kernel: KernelSettings, mesh: MeshSettings) -> None:
        self.id: UUID = new_id()
        self.roster = roster
        self.mesh = mesh
        self.metrics = RelayMetrics(observability.meter("workers.mesh.relay"))
        self.redis: Redis = connect(kernel.redis_url)
        self.changes = JobChanges(self.redis)
        self._subscribers = Subscribers(roster, kernel)
        self._listener: Redis = connect(kernel.redis_url, read_timeout=None)
        self.databases = {
            domain: MeshConnection(domain, database_url(kernel, domain, role=RELAY_ROLE)) for domain in roster.domains
        }
        # Beside those: to count a long queue takes a while, in which no claim should wait.
        self._counting = {
            domain: MeshConnection(domain, database_url(kernel, domain, role=RELAY_ROLE), indexed=False)
            for domain in domains
        }
        # For the chores: what they have committed may be lost in a crash of the server, since they find it undone.
        self._side = {
            domain: MeshConnection(domain, database_url(kernel, domain, role=RELAY_ROLE), durable=False)
            for domain in domains
        }
        self._relays = {
            domain: DomainRelay(
                self,
                self.databases[domain],
                Leadership(self.databases[domain], self.id, mesh.relay_lease_seconds),
            )
            for domain in domains
        }

    async def run(self) -> None:
        """Relays until cancelled, then resigns and closes."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._hear_nudges())
                group.create_task(self._subscribers.run(seconds=self.mesh.subscriber_seconds))
                for domain, relay in self._relays.items():
                    group.create_task(relay.run())
                    group.create_task(self._keep_counting(self._counting[domain], relay))
                    group.create_task(self._upkeep(domain, relay).run())
        finally:
            with contextlib.suppress(Exception):
                await asyncio.gather(*(relay.resign() for relay in self._relays.values()))
            connections = [*self.databases.values(), *self._counting.values(), *self._side.values()]
            await asyncio.gather(*(database.close() for database in connections))
            await self.changes.close()
            await self.redis.aclose()
            await self._listener.aclose()

    async def wake(self, domain: str) -> None:
        """There is work for a domain: its relay is told, here or wherever it runs."""
        if domain in self._relays:
            self._relays[domain].nudge()
        else:
            await self.redis.publish(CHANNEL_PREFIX + domain, b"")

    async def check(self) -> None:
        """Raises unless every database answers."""
        await asyncio.gather(*(database.rows("SELECT 1") for database in self.databases.values()))

    async def _keep_counting(self, database: MeshConnection, relay: DomainRelay) -> None:
        """Counts what waits in a domain while it is led here."""
        while True:
            try:
                self.metrics.seen(database.domain, await take_census(database) if relay.leads else [])
            except Exception as error:  # whatever it was: the relays of this process go on
                log.warning("relay.not_counted", domain=database.domain, error=repr(error)[:500])
            await asyncio.sleep(COUNT_EVERY)

    def _upkeep(self, domain: str, relay: DomainRelay) -> Upkeep:
        side = self._side[domain]
        chores: list[Chore] = [
            Release(side, relay.nudge, self.changes.tell),
            HistoryDays(side, self.mesh),
            Mover(side, self.mesh),
            RateStarts(side),
            Owing(side, self.databases, self.roster, self.wake, subscriber_seconds=self.mesh.subscriber_seconds),
        ]
        if schedules := self.roster.schedules(domain):
            chores.append(Ticking(side, schedules, relay.nudge))
        return Upkeep(domain, chores, lambda: relay.leads)

    async def _hear_nudges(self) -> None:
        while True:
            try:
                async with self._listener.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await pubsub.subscribe(*(CHANNEL_PREFIX + domain for domain in self._relays))
                    async for message in pubsub.listen():
                        domain = message["channel"].decode().removeprefix(CHANNEL_PREFIX)
                        self._relays[domain].nudge()
            except Exception as error:
                log.warning("relay.deaf", error=repr(error))
                await asyncio.sleep(AFTER_FAILURE)


def run(roster: Roster, domains: Sequence[str], host: str, port: int) -> None:
    """Runs a relay in the foreground, until SIGTERM or SIGINT."""
    observability.setup("relay")
    uvloop.run(_serve(Relay(roster, domains, KernelSettings(), MeshSettings()), host, port))
    observability.shutdown()


async def _serve(relay: Relay, host: str, port: int) -> None:
    relaying = asyncio.create_task(relay.run())
    serving = asyncio.create_task(serve_health(host, port, relay.check))
    # The relay ends only by a fault: then the process ends too, and its supervisor starts another.
    await asyncio.wait({relaying, serving}, return_when=asyncio.FIRST_COMPLETED)
    for task in (relaying, serving):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
