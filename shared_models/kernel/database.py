"""A domain's database: one pool, and transactions that know for whom they run.

Nobody calls commit: leaving `transaction` commits, an exception rolls everything back.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from types import MappingProxyType
from typing import Any, cast
from uuid import UUID

import msgspec
import psycopg
from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

import observability.sql
from shared_models.kernel.errors import TrellisError
from shared_models.kernel.secrets import derive
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Scope

#: Key of `session.info`: set once a transaction has written events or jobs, so that its commit nudges the relay.
MESH_TOUCHED = "mesh_touched"
#: Key of `session.info`: a function of the session, awaited once before its transaction commits.
BEFORE_COMMIT = "before_commit"
_SCOPE = "scope"
_DRIVER = "driver"

#: The role by which relays reach the mesh tables of every domain, and nothing else.
RELAY_ROLE = "trellis_relay"

#: libpq's limits of a connection: a server that is gone without a word is noticed within half a minute.
KEEP_ALIVE: Mapping[str, int] = MappingProxyType(
    {
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 25_000,
    }
)

#: A transaction that is frozen or stuck loses its connection, and with it its locks.
LIMITS = "-c idle_in_transaction_session_timeout=30s -c statement_timeout=30s -c lock_timeout=10s"

#: Of a connection on which no transaction goes on, or one that has failed. A broken one is neither: it says so itself.
_NOT_GOING_ON = frozenset({psycopg.pq.TransactionStatus.IDLE, psycopg.pq.TransactionStatus.INERROR})

# Two statements in one round trip; the tenant is a UUID or empty, so it needs no quoting.
_BEGIN = "BEGIN; SELECT set_config('trellis.tenant', '{tenant}', true)"


def database_name(domain: str) -> str:
    """The name of a domain's database, which is also that of the role its code runs under."""
    return f"trellis_{domain}"


def database_url(settings: KernelSettings, domain: str, *, role: str | None = None) -> URL:
    """The address of a domain's database for its own role, or for `role`. Passwords are derived."""
    role = role or database_name(domain)
    return make_url(settings.database_url).set(
        drivername="postgresql+psycopg",
        username=role,
        password=derive(settings.secret.get_secret_value(), f"database/{role}"),
        database=database_name(domain),
    )


def scope_of(session: AsyncSession) -> Scope:
    """The scope that the session's transaction runs in."""
    scope: Scope = session.info[_SCOPE]
    return scope


@contextmanager
def acting_as(session: AsyncSession, actor_id: UUID | None) -> Iterator[None]:
    """Within the block, what the session emits and enqueues is by `actor_id`."""
    scope = scope_of(session)
    session.info[_SCOPE] = msgspec.structs.replace(scope, actor_id=actor_id)
    try:
        yield
    finally:
        session.info[_SCOPE] = scope


def driver_of(session: AsyncSession) -> psycopg.AsyncConnection[Any]:
    """The psycopg connection under the session, inside the session's transaction.

    For the few statements of the kernel and the mesh that run in every transaction: past SQLAlchemy's asyncio
    layer they cost a fifth. They are not traced; the domains' own statements are.

    Raises `TransactionAborted` when the transaction is over: a failed flush, even if its error is caught, makes
    SQLAlchemy roll back, and what the connection is told afterwards would be kept at once and by itself.
    """
    driver: psycopg.AsyncConnection[Any] = session.info[_DRIVER]
    if driver.pgconn.transaction_status in _NOT_GOING_ON:
        raise TransactionAborted("A statement of the transaction has failed; nothing of it is kept.")
    return driver


class TransactionAborted(TrellisError):
    """A transaction went on after one of its statements had failed, and was rolled back at its end."""

    code = "TRANSACTION_ABORTED"


class Database:
    """The pool of one domain's database in one process.

    `on_commit` is awaited after each commit that wrote events or jobs; it must not raise.
    `check_connections`: ask a pooled connection whether it still lives before using it; not needed where the work
    is tried again anyway.
    """

    def __init__(
        self,
        domain: str,
        url: URL,
        *,
        pool_size: int = 8,
        on_commit: Callable[[str], Awaitable[None]] | None = None,
        check_connections: bool = True,
    ) -> None:
        self.domain = domain
        self._on_commit = on_commit
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,  # those beyond the pool's size would be opened for one transaction each
            pool_pre_ping=check_connections,
            pool_timeout=10,
            hide_parameters=True,  # what a statement was given does not belong into an error's text, and so the log
            # `transaction` begins and ends transactions by itself, in fewer steps than SQLAlchemy's session would.
            isolation_level="AUTOCOMMIT",
            json_serializer=_to_json,
            json_deserializer=msgspec.json.decode,
            connect_args={
                **KEEP_ALIVE,
                "options": LIMITS,
            },
        )
        observability.sql.instrument(self.engine.sync_engine)

    @asynccontextmanager
    async def transaction(self, scope: Scope) -> AsyncIterator[AsyncSession]:
        """One transaction that sees the rows of `scope.tenant_id` alone; commits when the block ends well.

        Raises `TransactionAborted` when a statement had failed within it and the block went on regardless.
        """
        async with AsyncSession(self.engine, expire_on_commit=False, autoflush=False) as session:
            raw = await (await session.connection()).get_raw_connection()
            driver = cast("psycopg.AsyncConnection[Any]", raw.driver_connection)
            session.info.update({_SCOPE: scope, _DRIVER: driver})
            try:
                await driver.execute(_BEGIN.format(tenant=scope.tenant_id or "").encode())
                yield session
                await _commit(session)
            except BaseException:
                with contextlib.suppress(psycopg.Error):  # a broken connection has rolled back by itself
                    await driver.rollback()
                raise
        if self._on_commit and session.info.get(MESH_TOUCHED):
            await self._on_commit(self.domain)

    async def ping(self) -> None:
        """Raises when the database does not answer."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Closes every connection of the pool."""
        await self.engine.dispose()


async def _commit(session: AsyncSession) -> None:
    driver = driver_of(session)
    if session.new or session.dirty or session.deleted:
        await session.flush()
    if BEFORE_COMMIT in session.info:
        await session.info[BEFORE_COMMIT](session)
    committed = await driver.execute(b"COMMIT")
    # PostgreSQL answers the COMMIT of a failed transaction by rolling it back, without an error.
    if committed.statusmessage != "COMMIT":
        raise TransactionAborted("A statement of the transaction had failed; nothing of it was kept.")


def _to_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
