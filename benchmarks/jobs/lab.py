"""The servers of a run, emptied for each system in its turn, and the processes of that system."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from alembic.migration import MigrationContext
from alembic.operations import Operations
from pydantic import SecretStr
from redis import Redis
from sqlalchemy import create_engine, make_url

from benchmarks.jobs import marks
from benchmarks.jobs.systems import SLOTS, System, install
from benchmarks.processes import processes_below, processor_seconds, processor_seconds_of_family, send
from shared_models.kernel.database import database_name
from shared_models.kernel.mesh_schema import create_mesh_tables, deepen_mesh_tables
from shared_models.kernel.provision import create_databases
from shared_models.kernel.settings import KernelSettings
from tests.support.ports import free_port
from trellis.embedded.postgres import EmbeddedPostgres
from trellis.embedded.valkey import EmbeddedValkey

_ROOT = Path(__file__).parents[2]
_KEPT = ("PATH", "HOME", "LANG")

#: How long one load of jobs may take to be worked off.
_DRAIN_SECONDS = 900.0


class WrongCountError(Exception):
    """A system lost jobs, did some twice, or did not get on."""


class Processes:
    """The worker and relay processes of a system."""

    def __init__(self, commands: Sequence[Sequence[str | Path]], environment: dict[str, str], log: Path) -> None:
        self._processes = []
        with log.open("ab") as output:
            for command in commands:
                argv = [str(part) for part in command]
                self._processes.append(
                    subprocess.Popen(
                        argv, cwd=_ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
                    )
                )

    @property
    def pids(self) -> list[int]:
        """Of all, and of what they have started."""
        return [pid for process in self._processes for pid in processes_below(process.pid)]

    @property
    def seconds(self) -> float:
        """Processor time so far."""
        return processor_seconds(self.pids)

    @property
    def has_ended(self) -> bool:
        """Whether one of them is gone."""
        return any(process.poll() is not None for process in self._processes)

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to each."""
        send(self.pids, number)

    def end(self) -> None:
        """Kills them: what they are asked for has been measured, and whoever is next starts with empty tables."""
        for process in self._processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # with those that its end has orphaned
            process.wait()


class Lab:
    """One PostgreSQL and one Valkey, both durable as `trellis up` starts them, and a folder for what jobs leave."""

    def __init__(self, home: Path, cache: Path) -> None:
        self._home = home
        self._cache = cache
        self.marks = home / "marks"
        self.marks.mkdir()
        self.postgres = EmbeddedPostgres(home / "postgres", free_port())
        self.valkey = EmbeddedValkey(home / "valkey", free_port())
        self._prepared: set[str] = set()

    def start(self) -> None:
        """Starts the servers and makes the databases."""
        self.postgres.start()
        self.valkey.start()
        settings = self._settings()
        with psycopg.connect(self.postgres.url, autocommit=True) as admin:
            create_databases(admin, settings, ["bench"])
            admin.execute("CREATE DATABASE peers TEMPLATE template0 ENCODING 'UTF8'")
        url = make_url(self._database_url("trellis_bench")).set(drivername="postgresql+psycopg")
        engine = create_engine(url)
        with engine.begin() as migrating, Operations.context(MigrationContext.configure(migrating)):
            create_mesh_tables("bench")
            deepen_mesh_tables("bench")
        engine.dispose()
        for database, role in (("trellis_bench", database_name("bench")), ("peers", "postgres")):
            with self.connection(database) as connection:
                connection.execute("CREATE TABLE effect (key bigint NOT NULL)")
                connection.execute(f"GRANT SELECT, INSERT ON effect TO {role}".encode())

    def stop(self) -> None:
        """Stops the servers."""
        self.valkey.stop()
        self.postgres.stop()

    def connection(self, database: str) -> psycopg.Connection[Any]:
        """A connection of the administrator."""
        return psycopg.connect(self._database_url(database), autocommit=True)

    def reset(self, system: System) -> None:
        """Empties everything."""
        if system.prepare and system.name not in self._prepared:
            command = [str(install(system, self._cache)), *system.prepare]
            subprocess.run(command, cwd=_ROOT, env=self._environment(system), check=True, capture_output=True)
            self._prepared.add(system.name)
        with Redis.from_url(self.valkey.url) as redis:
            redis.flushall()
        with self.connection(system.database) as connection:
            for table in system.tables:
                connection.execute(f"TRUNCATE {table}".encode())
            connection.execute("CHECKPOINT")
        self.forget()

    def forget(self) -> None:
        """Removes the marks: those of processes that live go on in the files they have."""
        for path in self.marks.iterdir():
            os.truncate(path, 0)

    @contextmanager
    def running(self, system: System) -> Iterator[Processes]:
        """The processes of a system within the block, once they have worked off a few jobs."""
        processes = self.begin(system)
        try:
            self.produce(system, "load", "noop", -1000, 200)
            self.wait_for(lambda: marks.counted(self.marks, "ended") >= 200, f"{system.name} does not work", 60.0)
            self._settle(system)
            self.forget()
            yield processes
        finally:
            processes.end()

    def begin(self, system: System) -> Processes:
        """Starts the processes of a system; whoever calls ends them."""
        python = install(system, self._cache)
        log = self._home / f"{system.module.rpartition('.')[2]}.log"
        return Processes(system.commands(python), self._environment(system), log)

    def produce(self, system: System, *arguments: object, tenant: str = "one") -> None:
        """Enqueues, in a process of its own; returns once it has ended."""
        producer = self.producing(system, *arguments, tenant=tenant)
        if producer.wait(_DRAIN_SECONDS):
            raise WrongCountError(f"{system.name} could not be given jobs")

    def producing(self, system: System, *arguments: object, tenant: str = "one") -> subprocess.Popen[bytes]:
        """Begins to enqueue."""
        python = install(system, self._cache)
        command = [str(python), "-m", "benchmarks.jobs.produce", system.module, *map(str, arguments)]
        environment = self._environment(system) | {"BENCHMARK_TENANT": tenant}
        return subprocess.Popen(command, cwd=_ROOT, env=environment)

    def analyze(self, system: System) -> None:
        """Lets the planner know what has been loaded: without it, systems on PostgreSQL look ten times slower."""
        with self.connection(system.database) as connection:
            connection.execute("ANALYZE")

    def rest(self, system: System, name: str, count: int, seconds: float = _DRAIN_SECONDS) -> None:
        """Waits until `count` jobs have left their mark and the system's own record says so, too."""
        self.wait_for(lambda: marks.counted(self.marks, name) >= count, f"{system.name} does not get on", seconds)
        self._settle(system)

    def wait_for(self, condition: Callable[[], bool], complaint: str, seconds: float) -> None:
        """Waits for something."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise WrongCountError(f"{complaint}; see the logs in {self._home}")
            time.sleep(0.005)

    @property
    def server_seconds(self) -> tuple[float, float]:
        """Processor time of PostgreSQL and of Valkey so far."""
        assert self.postgres.pid
        assert self.valkey.pid
        return processor_seconds_of_family(self.postgres.pid), processor_seconds_of_family(self.valkey.pid)

    def _settle(self, system: System) -> None:
        if system.unfinished is None:
            return
        with self.connection(system.database) as connection:
            question = system.unfinished.encode()

            def is_done() -> bool:
                row = connection.execute(question).fetchone()
                return row is not None and row[0] == 0

            self.wait_for(is_done, f"{system.name} does not finish", 60.0)

    def _database_url(self, database: str) -> str:
        return make_url(self.postgres.url).set(database=database).render_as_string(hide_password=False)

    def _settings(self) -> KernelSettings:
        return KernelSettings(
            database_url=self.postgres.url,
            redis_url=self.valkey.url,
            secret=SecretStr("a-secret-of-the-benchmark-that-is-long-enough"),
        )

    def _environment(self, system: System) -> dict[str, str]:
        settings = self._settings()
        return {
            **{key: os.environ[key] for key in _KEPT if key in os.environ},
            "PYTHONPATH": str(_ROOT),
            marks.FOLDER: str(self.marks),
            "BENCHMARK_REDIS_URL": self.valkey.url,
            "BENCHMARK_DATABASE_URL": self._database_url(system.database),
            "BENCHMARK_SLOTS": str(SLOTS),
            "TRELLIS_DATABASE_URL": settings.database_url,
            "TRELLIS_REDIS_URL": settings.redis_url,
            "TRELLIS_SECRET": settings.secret.get_secret_value(),
            "TRELLIS_WORKER_THREADS": str(SLOTS),
            "TRELLIS_WORKER_NICENESS": "0",  # no peer's workers stand back
            **system.environment,
        }
