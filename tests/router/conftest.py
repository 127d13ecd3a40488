"""One running router over the shop for all tests of the edge; each test resets what it changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from .http_subgraph import HttpSubgraph
from .issuer import Issuer
from .running import RunningRouter, running
from .shop import shop


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def issuer() -> AsyncIterator[Issuer]:
    issuer = Issuer()
    await issuer.start()
    yield issuer
    await issuer.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shop_router(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningRouter]:
    subgraphs = [HttpSubgraph(subgraph) for subgraph in shop()]
    folder = tmp_path_factory.mktemp("router")
    async with running(subgraphs, folder, jwks_url=issuer.url, router_keep_alive=0.1) as router:
        yield router


@pytest.fixture
def router(shop_router: RunningRouter) -> RunningRouter:
    for subgraph in shop_router.subgraphs.values():
        subgraph.reset()
    return shop_router


@pytest.fixture
async def impatient(tmp_path: Path) -> AsyncIterator[RunningRouter]:
    """One that gives up soon: for what ends because nobody answers."""
    subgraphs = [HttpSubgraph(subgraph) for subgraph in shop()]
    async with running(subgraphs, tmp_path, router_timeout=1.5, router_websocket_init_timeout=0.5) as router:
        yield router
