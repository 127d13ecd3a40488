"""`trellis doctor`: is what should answer there, and does anything wait that should not?"""

from __future__ import annotations

from collections.abc import Callable

from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared_models.kernel.database import RELAY_ROLE, Database, database_url
from shared_models.kernel.redis import connect
from shared_models.kernel.settings import KernelSettings
from trellis.domains import DOMAINS
from workers.mesh.presence import FRESH_SECONDS

_STATE = text(
    """
    SELECT (SELECT count(*) FROM outbox) AS unshipped,
           (SELECT count(*) FROM job WHERE state = 'queued' AND run_at <= now()) AS due,
           (SELECT count(*) FROM job WHERE state IN ('dispatched', 'running')) AS in_flight,
           (SELECT count(*) FROM job WHERE state = 'dead') AS dead,
           (SELECT count(*) FROM worker WHERE seen_at > now() - make_interval(secs => :fresh)) AS workers,
           EXISTS (SELECT 1 FROM relay_lease WHERE until > now()) AS led
    """
)


async def examine(tell: Callable[[str], None]) -> bool:
    """Checks Redis and each domain's database, relay and workers; tells a line of each; True when all is well."""
    settings = KernelSettings()
    well = await _redis(settings, tell)
    for domain in DOMAINS:
        well &= await _domain(settings, domain, tell)
    return well


async def _redis(settings: KernelSettings, tell: Callable[[str], None]) -> bool:
    redis = connect(settings.redis_url)
    try:
        await redis.ping()
        tell("redis: answers")
    except (RedisError, OSError) as error:
        tell(f"redis: does not answer ({error}); check TRELLIS_REDIS_URL")
        return False
    else:
        return True
    finally:
        await redis.aclose()


async def _domain(settings: KernelSettings, domain: str, tell: Callable[[str], None]) -> bool:
    database = Database(domain, database_url(settings, domain, role=RELAY_ROLE), pool_size=1)
    try:
        async with database.engine.connect() as connection:
            state = (await connection.execute(_STATE, {"fresh": FRESH_SECONDS})).one()
    except (SQLAlchemyError, OSError) as error:
        tell(f"{domain}: its database does not answer ({str(error).splitlines()[0]}); is it migrated?")
        return False
    finally:
        await database.close()
    tell(
        f"{domain}: {state.unshipped} events to ship, {state.due} jobs due, {state.in_flight} in flight, "
        f"{state.dead} dead; {state.workers} workers; {'led' if state.led else 'NO RELAY'}"
    )
    return bool(state.led and state.workers)
