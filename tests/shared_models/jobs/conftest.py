"""A board over the databases of the real domains, and rows in them."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from shared_models.jobs.board import Board
from shared_models.jobs.domains import installed_domains
from shared_models.jobs.models import Operator
from shared_models.kernel.ids import new_id
from shared_models.kernel.redis import connect
from shared_models.kernel.settings import KernelSettings
from tests.support.job_rows import JobRows


@pytest.fixture
async def redis(settings: KernelSettings) -> AsyncIterator[Redis]:
    redis = connect(settings.redis_url)
    yield redis
    await redis.aclose()


@pytest.fixture
async def board(settings: KernelSettings, redis: Redis) -> AsyncIterator[Board]:
    board = Board(settings, installed_domains(), redis)
    yield board
    await board.close()


@pytest.fixture
async def rows(settings: KernelSettings) -> AsyncIterator[JobRows]:
    rows = JobRows(settings, *installed_domains())
    yield rows
    await rows.close()


@pytest.fixture
def operator() -> Operator:
    """Somebody of a tenant that nobody else has."""
    return Operator(new_id(), new_id(), "somebody")


@pytest.fixture
def platform() -> Operator:
    """The platform's own operator."""
    return Operator(None, new_id(), "root")
