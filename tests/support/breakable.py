"""PostgreSQL and Valkey of a test's own, to be killed and started again, and proxies before them."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg import sql
from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy import make_url

from shared_models.kernel.database import database_name
from shared_models.kernel.redis import connect
from shared_models.kernel.settings import KernelSettings
from tests.support.mesh import provision_test_domains
from tests.support.mesh_domains import DOMAINS
from tests.support.ports import free_port
from tests.support.proxy import Proxy
from trellis.embedded.postgres import EmbeddedPostgres
from trellis.embedded.server import EmbeddedServer
from trellis.embedded.valkey import EmbeddedValkey

_TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"


class Way(NamedTuple):
    """A way of one's own to both servers, each through a proxy."""

    settings: KernelSettings
    postgres: Proxy
    redis: Proxy


class Breakable:
    """Both servers, with the test domains. PostgreSQL keeps its promises (fsync), Valkey writes nothing down."""

    def __init__(self, directory: Path) -> None:
        self.postgres = EmbeddedPostgres(directory / "postgres", free_port())
        self.valkey = EmbeddedValkey(directory / "valkey", free_port(), durable=False)
        self._ways: list[Way] = []

    def start(self) -> None:
        """Starts both and makes the test domains."""
        self.postgres.start()
        self.valkey.start()
        provision_test_domains(self.settings)

    def stop(self) -> None:
        """Ends both at once: nobody needs them again."""
        self.end(self.postgres, signal.SIGQUIT)
        self.end(self.valkey, signal.SIGKILL)

    @property
    def settings(self) -> KernelSettings:
        """How they are reached, past every proxy."""
        return KernelSettings(
            database_url=self.postgres.url,
            redis_url=self.valkey.url,
            secret=SecretStr("a-secret-of-the-tests-that-is-long-enough"),
        )

    async def way(self) -> Way:
        """A new way to both."""
        postgres, redis = Proxy(self.postgres.port), Proxy(self.valkey.port)
        await postgres.start()
        await redis.start()
        settings = self.settings.model_copy(
            update={
                "database_url": _moved(self.postgres.url, postgres.port),
                "redis_url": _moved(self.valkey.url, redis.port),
            }
        )
        self._ways.append(Way(settings, postgres, redis))
        return self._ways[-1]

    async def restart(self, server: EmbeddedServer, how: signal.Signals) -> None:
        """Ends a server by a signal, and starts it again. SIGQUIT is PostgreSQL's crash, SIGINT its fast stop."""
        await asyncio.to_thread(self.end, server, how)
        await asyncio.to_thread(server.start)

    def end(self, server: EmbeddedServer, how: signal.Signals) -> None:
        """Ends a server by a signal."""
        if server.pid is not None:
            os.kill(server.pid, how)
            server.wait()
        server.stop()

    async def administer(self, domain: str) -> psycopg.AsyncConnection:
        """A connection to a domain's database, past every proxy, that sees every tenant's rows."""
        return await administer(self.settings, domain)

    async def clear(self) -> None:
        """Both servers run, are empty, and nobody has a way to them."""
        for way in self._ways:
            await way.postgres.close()
            await way.redis.close()
        self._ways.clear()
        for server in (self.postgres, self.valkey):
            await asyncio.to_thread(server.start)
        for domain in DOMAINS:
            async with await self.administer(domain) as connection:
                tables = [sql.Identifier(name) async for (name,) in await connection.execute(_TABLES)]
                await connection.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(tables)))
        redis: Redis = connect(self.settings.redis_url)
        await redis.flushall()
        await redis.aclose()


async def administer(settings: KernelSettings, domain: str) -> psycopg.AsyncConnection:
    """A connection to a domain's database that sees every tenant's rows."""
    url = make_url(settings.database_url).set(drivername="postgresql", database=database_name(domain))
    return await psycopg.AsyncConnection.connect(url.render_as_string(hide_password=False), autocommit=True)


def _moved(url: str, port: int) -> str:
    return make_url(url).set(port=port).render_as_string(hide_password=False)
