"""The cache of compiled operations: how much it keeps, and how much may wait for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from router.gateway.documents import Documents, DocumentSettings
from router.gateway.errors import NotReadyError
from router.gateway.operation_cache import CacheLimits

from ..in_process import Federation, quiet
from ..shop import shop

SMALL = "query Q%d { me { id } }"
LARGE = "query Q%d { me { id name email tenant { id name } } }"


@pytest.fixture(scope="module")
def federation() -> Federation:
    return Federation(shop())


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


async def test_the_least_used_operations_are_dropped_by_number(
    federation: Federation, pool: ThreadPoolExecutor
) -> None:
    documents = Documents(federation.supergraph, DocumentSettings(cache=CacheLimits(operations=2)), pool, quiet())
    first = await documents.get(SMALL % 1, None)
    await documents.get(SMALL % 2, None)
    assert await documents.get(SMALL % 1, None) is first
    await documents.get(SMALL % 3, None)
    assert len(documents.cache) == 2
    assert await documents.get(SMALL % 1, None) is first


async def test_large_operations_take_the_place_of_many(federation: Federation, pool: ThreadPoolExecutor) -> None:
    documents = Documents(federation.supergraph, DocumentSettings(cache=CacheLimits(selections=12)), pool, quiet())
    for number in range(6):
        await documents.get(SMALL % number, None)
    assert len(documents.cache) == 6
    await documents.get(LARGE % 1, None)
    assert len(documents.cache) == 3
    await documents.get(LARGE % 2, None)
    assert len(documents.cache) == 1
    huge = Documents(federation.supergraph, DocumentSettings(cache=CacheLimits(selections=1)), pool, quiet())
    assert (await huge.get(LARGE % 1, None)).fetches
    assert len(huge.cache) == 0


async def test_only_so_many_wait_for_their_plans(federation: Federation, pool: ThreadPoolExecutor) -> None:
    documents = Documents(federation.supergraph, DocumentSettings(cache=CacheLimits(waiting=2)), pool, quiet())
    free = threading.Event()
    pool.submit(free.wait, 60)
    waiting = [asyncio.create_task(documents.get(SMALL % number, None)) for number in (1, 2, 2)]
    await asyncio.sleep(0)
    with pytest.raises(NotReadyError):
        await documents.get(SMALL % 3, None)
    free.set()
    one, two, same = await asyncio.gather(*waiting)
    assert one is not two is same
    assert (await documents.get(SMALL % 3, None)).fetches
