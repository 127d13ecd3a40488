"""Counting what is in a platform's databases: what was refused must have left nothing."""

from __future__ import annotations

import time
from typing import LiteralString, Self

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow
from sqlalchemy import make_url

from shared_models.kernel.database import database_name
from shared_models.kernel.settings import KernelSettings
from trellis.domains import DOMAINS

#: Tables that change by themselves. Jobs that have ended move to the history: both are counted as `job`.
_RESTLESS = ["worker", "rate_start", "relay_lease", "signing_key", "job", "job_history"]
_TABLES = """
SELECT relname::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> ALL(%s)
ORDER BY 1
"""
_JOBS = "SELECT 'job', (SELECT count(*) FROM job) + (SELECT count(*) FROM job_history)"
_UNFINISHED = (
    "SELECT count(*) FROM outbox UNION ALL SELECT count(*) FROM job WHERE state NOT IN ('done', 'dead', 'cancelled')"
)


def connect(settings: KernelSettings, domain: str) -> psycopg.Connection[TupleRow]:
    """A connection to a domain's database that sees every tenant's rows."""
    url = make_url(settings.database_url).set(drivername="postgresql", database=database_name(domain))
    return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)


class Census:
    """Counts rows, as a context: within it, it is connected."""

    def __init__(self, settings: KernelSettings) -> None:
        self._settings = settings
        self._connections: dict[str, psycopg.Connection[TupleRow]] = {}
        self._statements: dict[str, sql.Composed] = {}

    def __enter__(self) -> Self:
        for domain in DOMAINS:
            connection = self._connections[domain] = connect(self._settings, domain)
            tables = connection.execute(_TABLES, (_RESTLESS,)).fetchall()
            counts = [
                sql.SQL("SELECT {0}, count(*) FROM {1}").format(table, sql.Identifier(table)) for (table,) in tables
            ]
            self._statements[domain] = sql.SQL(" UNION ALL ").join([sql.SQL(_JOBS), *counts])
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._connections.values():
            connection.close()

    def rows(self) -> dict[str, int]:
        """How many rows each table of each domain holds, by `domain.table`."""
        return {
            f"{domain}.{table}": number
            for domain, statement in self._statements.items()
            for table, number in self._connections[domain].execute(statement).fetchall()
        }

    def query(self, domain: str, statement: LiteralString) -> list[TupleRow]:
        """The rows that a statement finds in a domain's database, of whatever tenant."""
        return self._connections[domain].execute(statement).fetchall()

    def unfinished(self) -> dict[str, int]:
        """How many events wait to be shipped and jobs for their end, by domain; only what is not zero."""
        waiting = {domain: sum(number for (number,) in self.query(domain, _UNFINISHED)) for domain in DOMAINS}
        return {domain: number for domain, number in waiting.items() if number}

    def at_rest(self, seconds: float = 120.0) -> dict[str, int]:
        """The rows, once every event is shipped and every job has ended."""
        deadline = time.monotonic() + seconds
        while waiting := self.unfinished():
            assert time.monotonic() < deadline, f"no rest within {seconds} s: {waiting}"
            time.sleep(0.05)
        return self.rows()
