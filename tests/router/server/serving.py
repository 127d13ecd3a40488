"""A router whose supergraph comes from somewhere and changes, and what tests wait for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession

from router.composition.compose import compose
from router.composition.subgraph import SubgraphSource
from router.server.serve import RouterServer
from router.settings import RouterSettings

from ..federation import LINK
from ..running import PATIENT

EARLIER = LINK + "type Query { greeting: String! }"
LATER = LINK + "type Query { greeting: String! later: String }"
BROKEN = "type Query {"


def supergraph(sdl: str, url: str = "http://127.0.0.1:9/graphql") -> str:
    return compose([SubgraphSource("greeter", url, sdl)]).sdl


async def until(holds: Callable[[], object]) -> None:
    """Waits until it holds; a test that waits in vain fails."""
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.01)


class Serving:
    """A router that may not have anything to serve yet."""

    def __init__(self, server: RouterServer, session: ClientSession) -> None:
        self.server = server
        self.session = session
        self.standing = server.state.standing

    async def health(self) -> tuple[int, dict[str, Any]]:
        async with self.session.get(f"{self.server.address}/health/ready") as response:
            return response.status, await response.json()

    async def post(self, query: str) -> dict[str, Any]:
        async with self.session.post(f"{self.server.address}/graphql", json={"query": query}) as response:
            answer: dict[str, Any] = await response.json()
            return answer

    @property
    def fields(self) -> set[str]:
        """What clients may ask for."""
        documents = self.server.state.documents
        query = documents.supergraph.schema.query_type if documents is not None else None
        return set(query.fields) if query else set()


@asynccontextmanager
async def serving(**settings: Any) -> AsyncIterator[Serving]:
    """Starts the router and waits until it listens, no more."""
    chosen = {"router_port": 0, "router_reload_interval": 0.02, **PATIENT, **settings}
    server = RouterServer(RouterSettings(**chosen))
    task = asyncio.create_task(server.serve())
    try:
        await until(lambda: server.is_listening or task.done())
        async with ClientSession() as session:
            yield Serving(server, session)
    finally:
        server.stop()
        await task
