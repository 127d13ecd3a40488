"""Another supergraph in the file is served without a request lost; one that cannot be served changes nothing."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from router.composition.compose import compose
from router.composition.subgraph import SubgraphSource
from router.server.serve import RouterServer
from router.settings import RouterSettings

from ..federation import LINK, TestSubgraph
from ..http_subgraph import HttpSubgraph
from .serving import until

QUERY = "{ greeting }"
LATER = "{ later }"
SDL = LINK + "type Query { greeting: String! later: String }"
EARLIER = LINK + "type Query { greeting: String! }"


class Reloading:
    """A router over one subgraph, and the file that says what of it clients see."""

    def __init__(self, url: str, path: Path, subgraph_url: str, session: ClientSession, server: RouterServer) -> None:
        self.url = url
        self.path = path
        self.subgraph_url = subgraph_url
        self.session = session
        self.server = server

    def write(self, sdl: str) -> None:
        """As a deployment does it: a file beside, then renamed."""
        beside = self.path.with_suffix(".new")
        beside.write_text(supergraph(sdl, self.subgraph_url), encoding="utf-8")
        beside.replace(self.path)

    async def post(self, query: str) -> dict[str, Any]:
        async with self.session.post(f"{self.url}/graphql", json={"query": query}) as response:
            answer: dict[str, Any] = await response.json()
            return answer

    async def until_known(self, query: str, *, known: bool) -> None:
        """Waits until the query is valid, or is not."""
        async with asyncio.timeout(60):
            while ("data" in await self.post(query)) is not known:
                await asyncio.sleep(0.01)


def supergraph(sdl: str, url: str) -> str:
    return compose([SubgraphSource("greeter", url, sdl)]).sdl


@pytest.fixture
async def reloading(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Reloading]:
    resolvers = {"Query.greeting": lambda *_: "hello", "Query.later": lambda *_: "there"}
    subgraph = HttpSubgraph(TestSubgraph("greeter", SDL, resolvers, lambda *_: None))
    await subgraph.start()
    path = tmp_path / "supergraph.graphql"
    path.write_text(supergraph(EARLIER, subgraph.url), encoding="utf-8")
    interval = getattr(request, "param", 0.02)
    server = RouterServer(RouterSettings(supergraph=path, router_port=0, router_reload_interval=interval))
    task = asyncio.create_task(server.serve())
    try:
        await server.state.loaded.wait()
        async with ClientSession() as session:
            yield Reloading(server.address, path, subgraph.url, session, server)
    finally:
        server.stop()
        await task
        await subgraph.stop()


async def test_no_request_is_lost_while_graphs_come_and_go(reloading: Reloading) -> None:
    answers: list[dict[str, Any]] = []
    is_over = asyncio.Event()

    async def client() -> None:
        while not is_over.is_set():
            answers.append(await reloading.post(QUERY))

    async def until_some_more_are_answered() -> None:
        before = len(answers)
        await until(lambda: len(answers) >= before + 8)

    clients = [asyncio.create_task(client()) for _ in range(4)]
    for _ in range(3):
        reloading.write(SDL)
        await reloading.until_known(LATER, known=True)
        await until_some_more_are_answered()
        reloading.path.write_text("type Query {", encoding="utf-8")
        await until(lambda: reloading.server.state.standing.refused)
        await until_some_more_are_answered()
        reloading.write(EARLIER)
        await reloading.until_known(LATER, known=False)
    is_over.set()
    await asyncio.gather(*clients)
    assert [answer for answer in answers if answer != {"data": {"greeting": "hello"}}] == []


async def test_what_clients_ask_most_is_planned_before_the_graph_is_served(reloading: Reloading) -> None:
    for query in [QUERY] * 3 + ["{ again: greeting }"]:
        await reloading.post(query)
    before = reloading.server.state.documents
    reloading.write(SDL)
    await until(lambda: reloading.server.state.documents is not before)
    documents = reloading.server.state.documents
    assert documents is not None
    assert len(documents.cache) == 2
    assert await documents.get(QUERY, None) is await documents.get(QUERY, None)
    assert len(documents.cache) == 2


async def test_what_is_not_valid_any_more_is_not_planned(reloading: Reloading) -> None:
    reloading.write(SDL)
    await reloading.until_known(LATER, known=True)
    reloading.write(EARLIER)
    await reloading.until_known(LATER, known=False)
    assert (await reloading.post(LATER))["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize("text", ["", "type Query {", "type Query { a: Int }", "\x00"])
async def test_what_is_no_supergraph_changes_nothing_but_health(reloading: Reloading, text: str) -> None:
    reloading.path.write_text(text, encoding="utf-8")
    await until(lambda: reloading.server.state.standing.refused)
    assert await reloading.post(QUERY) == {"data": {"greeting": "hello"}}
    async with reloading.session.get(f"{reloading.url}/health/ready") as response:
        assert response.status == 200
        assert "refused" in (await response.json())["supergraph"]
    reloading.write(SDL)
    await reloading.until_known(LATER, known=True)
    assert reloading.server.state.standing.refused is None


async def test_a_file_that_is_gone_for_a_while_is_waited_for(reloading: Reloading) -> None:
    reloading.path.unlink()
    await until(lambda: reloading.server.state.standing.unavailable)
    assert await reloading.post(QUERY) == {"data": {"greeting": "hello"}}
    reloading.write(SDL)
    await reloading.until_known(LATER, known=True)


@pytest.mark.parametrize("reloading", [3600.0], indirect=True)
async def test_a_signal_is_a_look_at_once(reloading: Reloading) -> None:
    reloading.write(SDL)
    os.kill(os.getpid(), signal.SIGHUP)
    await reloading.until_known(LATER, known=True)
    assert await reloading.post(LATER) == {"data": {"later": "there"}}
