"""A whole router on a free port, over real HTTP subgraphs, inside the test's own event loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from router.server.serve import RouterServer
from router.settings import RouterSettings

from .http_subgraph import HttpSubgraph

SECRET = "a secret of at least thirty-two characters"

#: What takes a moment may take seconds on a busy machine: no router gives up so soon unless its test wants that.
PATIENT = {"router_timeout": 30.0, "router_websocket_init_timeout": 30.0}


@dataclass
class RunningRouter:
    """The router's address and its subgraphs by name."""

    url: str
    subgraphs: dict[str, HttpSubgraph]
    session: ClientSession
    server: RouterServer

    async def post(self, query: str, **request: Any) -> dict[str, Any]:
        """The decoded response to a query; `headers` are the client's."""
        headers = request.pop("headers", None)
        body = {"query": query, **request}
        async with self.session.post(f"{self.url}/graphql", json=body, headers=headers) as response:
            decoded: dict[str, Any] = await response.json()
            return decoded


@asynccontextmanager
async def running(subgraphs: list[HttpSubgraph], folder: Path, **overrides: Any) -> AsyncIterator[RunningRouter]:
    """Starts everything, waits until the router serves, and stops everything."""
    for subgraph in subgraphs:
        await subgraph.start()
    listed = folder / "subgraphs.json"
    listed.write_text(json.dumps([{"name": s.subgraph.name, "url": s.url} for s in subgraphs]))
    chosen = {"subgraphs": listed, "secret": SECRET, "router_port": 0, **PATIENT, **overrides}
    server = RouterServer(RouterSettings(**chosen))
    task = asyncio.create_task(server.serve())
    try:
        await server.state.loaded.wait()
        async with ClientSession() as session:
            yield RunningRouter(server.address, {s.subgraph.name: s for s in subgraphs}, session, server)
    finally:
        server.stop()
        await task
        for subgraph in subgraphs:
            await subgraph.stop()
