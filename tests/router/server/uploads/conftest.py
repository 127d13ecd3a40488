"""A router that takes files, over subgraphs that do, and one whose subgraph hangs up on them."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from ...federation import LINK, TestSubgraph
from ...http_subgraph import HttpSubgraph
from ...running import RunningRouter, running
from ...uploading import albums, stamps


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def uploading(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningRouter]:
    folder = tmp_path_factory.mktemp("uploading")
    async with running(
        [albums(), stamps()],
        folder,
        router_body_limit=20_000,
        router_upload_files=4,
        router_upload_file_limit=600_000,
        router_upload_limit=1_000_000,
        router_batch_limit=3,
        router_uploads_per_client=3,
    ) as router:
        yield router


@pytest.fixture
def router(uploading: RunningRouter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunningRouter:
    """Files are kept in this test's own folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for subgraph in uploading.subgraphs.values():
        subgraph.reset()
    return uploading


class Dropping(HttpSubgraph):
    """Hangs up on every file that it is sent."""

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.content_type != "multipart/form-data":
            return await super()._handle(request)
        self.bodies.append(await request.read())
        assert request.transport is not None
        request.transport.close()
        return web.Response()


DROPPING = """
scalar Upload
type Query { read(file: Upload): Int }
type Mutation { write(file: Upload): Int }
type Subscription { watch(file: Upload): Int }
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def dropping(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningRouter]:
    subgraph = Dropping(TestSubgraph("dropping", LINK + DROPPING, {}, lambda *_: None))
    async with running([subgraph], tmp_path_factory.mktemp("dropping")) as router:
        yield router
