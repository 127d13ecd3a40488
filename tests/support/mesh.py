"""A mesh under test: real databases, real Redis, workers and relays as processes that may be killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
from alembic.migration import MigrationContext
from alembic.operations import Operations
from redis.asyncio import Redis
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.database import RELAY_ROLE, Database, database_name, database_url
from shared_models.kernel.jobs import Job
from shared_models.kernel.mesh import enqueue_all
from shared_models.kernel.mesh_schema import create_mesh_tables, deepen_mesh_tables
from shared_models.kernel.nudge import Nudge
from shared_models.kernel.provision import create_databases
from shared_models.kernel.redis import connect
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Lane, Scope
from tests.support.mesh_domains import DOMAINS
from tests.support.nursery import the_nursery
from tests.support.ports import free_port

#: Running jobs keep their leases on the busiest machine, or lose them soon, for tests that wait for that.
PATIENT, HASTY = ({"TRELLIS_RUNNING_LEASE_SECONDS": seconds} for seconds in ("60", "2.5"))

#: Where a tenant's jobs are.
_TABLES = ("job", "job_history")
_STATES = text(" UNION ALL ".join(f"SELECT state FROM {table}" for table in _TABLES))


def provision_test_domains(settings: KernelSettings) -> None:
    """Databases of the test domains: the mesh tables, `effect`, and `span` for jobs that leave when they ran."""
    with psycopg.connect(settings.database_url, autocommit=True) as admin:
        create_databases(admin, settings, DOMAINS)
    for domain in DOMAINS:
        url = make_url(settings.database_url).set(drivername="postgresql+psycopg", database=database_name(domain))
        engine = create_engine(url)
        with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
            create_mesh_tables(domain)
            deepen_mesh_tables(domain)
            connection.execute(text("CREATE TABLE effect (key text, tenant_id uuid, actor text)"))
            connection.execute(text(f"GRANT SELECT, INSERT ON effect TO {database_name(domain)}, {RELAY_ROLE}"))
            connection.execute(text("CREATE TABLE span (job uuid, began timestamptz, ended timestamptz, told int[])"))
            connection.execute(text(f"GRANT INSERT ON span TO {database_name(domain)}"))
        engine.dispose()


class RoleProcess:
    """A worker or relay process of the test domains."""

    def __init__(self, settings: KernelSettings, role: str, log: str, **overrides: str) -> None:
        environment = {
            "TRELLIS_DATABASE_URL": settings.database_url,
            "TRELLIS_REDIS_URL": settings.redis_url,
            "TRELLIS_SECRET": settings.secret.get_secret_value(),
            **PATIENT,
            "TRELLIS_DISPATCH_LEASE_SECONDS": "1.5",
            "TRELLIS_RELAY_LEASE_SECONDS": "1",
            "TRELLIS_WORKER_GRACE_SECONDS": "2",
            "TRELLIS_WORKER_NICENESS": "0",  # a test waits for its workers alone
            "TRELLIS_WORKER_THREADS": "6",
            "TRELLIS_JOB_SECONDS": "8",
            **overrides,
        }
        self._nursery = the_nursery()
        self._pid = self._nursery.start(role, free_port(), log, environment)

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._nursery.exit_code(self._pid) is None

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to this process alone."""
        if self.running:  # so the pid is still its own
            os.kill(self._pid, number)

    async def ended(self, seconds: float = 60.0) -> int:
        """Waits for the end; returns the exit code."""
        async with asyncio.timeout(seconds):
            while (code := self._nursery.exit_code(self._pid)) is None:
                await asyncio.sleep(0.02)
        return code

    async def stop(self) -> None:
        """Ends the process, however it stands."""
        self.send(signal.SIGKILL)
        await self.ended()


class Mesh:
    """What a test does with the mesh, and what it counts afterwards, all within a tenant of its own."""

    def __init__(self, settings: KernelSettings, environment: Mapping[str, str] = MappingProxyType({})) -> None:
        """`environment` is that of each process, unless a test says otherwise."""
        self.settings = settings
        self.tenant: UUID = uuid4()
        self._environment = environment
        self.redis: Redis = connect(settings.redis_url)
        self._databases = {
            domain: Database(domain, database_url(settings, domain), on_commit=Nudge(self.redis)) for domain in DOMAINS
        }
        self._processes: list[RoleProcess] = []
        self._log = tempfile.NamedTemporaryFile(prefix="mesh-", suffix=".log")  # noqa: SIM115 - `close` closes it

    def start(self, role: str, **overrides: str) -> RoleProcess:
        """Starts a `work` or `relay` process; `overrides` are environment variables."""
        return self.start_at(self.settings, role, **overrides)

    def start_at(self, settings: KernelSettings, role: str, **overrides: str) -> RoleProcess:
        """The same, where the servers are reached by other addresses."""
        process = RoleProcess(settings, role, self._log.name, **{**self._environment, **overrides})
        self._processes.append(process)
        return process

    def database(self, domain: str) -> Database:
        """The domain's database, as its own code sees it."""
        return self._databases[domain]

    @asynccontextmanager
    async def transaction(self, domain: str = "probe", lane: Lane = Lane.STANDARD) -> AsyncIterator[AsyncSession]:
        """A transaction of the test's tenant."""
        async with self._databases[domain].transaction(Scope(self.tenant, lane)) as session:
            yield session

    async def enqueue(self, *jobs: Job) -> list[UUID]:
        """Commits jobs; returns their ids."""
        async with self.transaction() as session:
            return await enqueue_all(session, [(job, uuid4()) for job in jobs])

    async def at_rest(self, seconds: float = 180.0) -> Counter[str]:
        """Waits until nothing of the tenant waits or runs in any domain; returns how many jobs ended how."""
        async with asyncio.timeout(seconds):
            while True:
                states: Counter[str] = Counter()
                unshipped = 0
                for domain in DOMAINS:
                    async with self.transaction(domain) as session:
                        states.update((await session.execute(_STATES)).scalars())
                        unshipped += (await session.execute(text("SELECT count(*) FROM outbox"))).scalar_one()
                if not unshipped and not set(states) - {"done", "dead", "cancelled"}:
                    return states
                await asyncio.sleep(0.05)

    async def effects(self, actor: str, domain: str = "probe") -> Counter[str]:
        """How often each key has had an effect."""
        async with self.transaction(domain) as session:
            keys = await session.execute(
                text("SELECT key FROM effect WHERE tenant_id = :tenant AND actor = :actor"),
                {"tenant": self.tenant, "actor": actor},
            )
            return Counter(keys.scalars())

    async def until_effects(self, actor: str, count: int, seconds: float = 60.0) -> None:
        """Waits until an actor has left at least `count` effects."""
        async with asyncio.timeout(seconds):
            while sum((await self.effects(actor)).values()) < count:
                await asyncio.sleep(0.02)

    async def until_running(self, count: int, seconds: float = 60.0) -> None:
        """Waits until so many of the tenant's jobs run."""
        async with asyncio.timeout(seconds):
            while [job["state"] for job in await self.jobs()].count("running") < count:
                await asyncio.sleep(0.02)

    async def jobs(self, domain: str = "probe") -> list[dict[str, object]]:
        """The tenant's jobs, whole, also those that have moved to the history."""
        async with self.transaction(domain) as session:
            tables = [(await session.execute(text(f"SELECT * FROM {table}"))).mappings() for table in _TABLES]
            # One that moves between the two looks is in both.
            return list({row["id"]: dict(row) for rows in tables for row in rows}.values())

    def log(self) -> str:
        """What the processes have logged so far."""
        return Path(self._log.name).read_text(errors="replace")

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The lines of that event that the processes have logged so far."""
        complete = self.log().split("\n")[:-1]
        lines = [msgspec.json.decode(line) for line in complete if line.startswith("{") and event in line]
        return [line for line in lines if line["event"] == event]

    async def until_logged(self, event: str, count: int = 1, seconds: float = 60.0) -> list[dict[str, Any]]:
        """Waits for so many lines of that event; returns all that there are."""
        async with asyncio.timeout(seconds):
            while len(lines := self.logged(event)) < count:
                await asyncio.sleep(0.05)
        return lines

    async def close(self) -> None:
        """Ends the processes and closes everything; what they have logged is shown where a test fails."""
        await asyncio.gather(*(process.stop() for process in self._processes))
        sys.stderr.write(self.log())
        self._log.close()
        for database in self._databases.values():
            await database.close()
        await self.redis.aclose()


def once(keys: Iterable[str]) -> Counter[str]:
    """What `effects` must be when each key had its effect exactly once."""
    return Counter(dict.fromkeys(keys, 1))
