"""Whether the process is up, and whether what it depends on answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import psycopg
import structlog
from litestar import Response, get
from litestar.datastructures import State
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from subgraphs.edge.services import Services

log = structlog.get_logger()

_PATIENCE_SECONDS = 2.0


@get("/health/live")
async def live() -> dict[str, str]:
    """The process is up."""
    return {"status": "ok"}


@get("/health/ready")
async def ready(state: State) -> Response[dict[str, str]]:
    """503 while the database does not answer.

    Redis is reported and not required: without it nothing is pushed, and nothing is lost.
    """
    services: Services = state.services
    database, redis = await asyncio.gather(
        _answers("database", services.database.ping()), _answers("redis", services.redis.ping())
    )
    report = {"status": "ok" if database else "failed", "database": _word(database), "redis": _word(redis)}
    return Response(report, status_code=200 if database else 503)


async def _answers(name: str, question: Awaitable[object]) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await question
    except (SQLAlchemyError, psycopg.Error, RedisError, OSError, TimeoutError) as error:
        log.warning("health.failed", dependency=name, error=repr(error))
        return False
    return True


def _word(answered: bool) -> str:
    return "ok" if answered else "failed"
