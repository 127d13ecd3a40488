"""The mesh's own connection to a domain's database: for the few statements that run for every job.

Plain psycopg: a statement costs a sixth of what it costs through SQLAlchemy's asyncio session, and these are
most of what a relay does. Domain code never sees it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, LiteralString

import msgspec
import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import namedtuple_row
from psycopg.types.json import set_json_loads
from sqlalchemy import URL

from shared_models.kernel.database import KEEP_ALIVE, LIMITS

#: Most statements go by indexes to a few rows of a table whose size changes faster than its statistics: their plan is
#: the same whatever those say, and made once. What they order by is the order of an index, which chooses between two.
BY_INDEX = (
    "-c enable_seqscan=off -c enable_bitmapscan=off -c enable_sort=off -c enable_incremental_sort=off "
    "-c enable_hashjoin=off -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan"
)

Values = Mapping[str, Any] | Sequence[Any] | None
Execute = Callable[..., Awaitable[list[Any]]]


class MeshConnection:
    """One connection over the relay's role, each statement its own transaction.

    Opened when first used, and again after it broke; used by one task at a time, others wait. JSON columns come
    as `msgspec.Raw`, since most are only passed on. `durable=False` is for marks whose loss in a crash of the
    server costs a second try and nothing else: they do not wait for the disk. `indexed=False` is for what reads whole
    tables: the planner chooses how.
    """

    def __init__(self, domain: str, url: URL, *, durable: bool = True, indexed: bool = True) -> None:
        self.domain = domain
        address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._address = make_conninfo(address, **KEEP_ALIVE)
        options = f"{LIMITS} {BY_INDEX}" if indexed else LIMITS
        self._options = options if durable else f"{options} -c synchronous_commit=off"
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._lock = asyncio.Lock()

    async def rows(self, statement: LiteralString, values: Values = None) -> list[Any]:
        """Executes one statement; returns its rows, none when it returns nothing. Raises `psycopg.Error`."""
        async with self._usable() as connection:
            return await _rows(connection, statement, values)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Execute]:
        """Several statements that are kept together or not at all; the function given executes one."""
        async with self._usable() as connection, connection.transaction():
            yield partial(_rows, connection)

    @asynccontextmanager
    async def _usable(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        async with self._lock:
            connection = self._connection or await self._open()
            try:
                yield connection
            except BaseException:
                # Broken, or left in the middle of a statement by a cancellation: not to be used again.
                if connection.broken or connection.pgconn.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                    await self._drop()
                raise

    async def close(self) -> None:
        """Closes the connection."""
        async with self._lock:
            await self._drop()

    async def _open(self) -> psycopg.AsyncConnection[Any]:
        connection = await psycopg.AsyncConnection.connect(
            self._address, autocommit=True, row_factory=namedtuple_row, options=self._options
        )
        set_json_loads(_raw, connection)
        self._connection = connection
        return connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            with contextlib.suppress(psycopg.Error):
                await connection.close()


async def _rows(connection: psycopg.AsyncConnection[Any], statement: LiteralString, values: Values = None) -> list[Any]:
    cursor = await connection.execute(statement, values)
    return await cursor.fetchall() if cursor.description else []


def _raw(data: bytes | str) -> msgspec.Raw:
    return msgspec.Raw(data if isinstance(data, bytes) else data.encode())
