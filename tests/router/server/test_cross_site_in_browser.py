"""What a real browser lets a page of another origin do with a real router."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from ..browser import CHROMIUM, Tab, browser
from ..http_subgraph import HttpSubgraph
from ..running import RunningRouter, running
from ..shop import shop

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")

ASK = """
async ({url, init}) => {
  try {
    const response = await fetch(url, init);
    return [response.type, response.status, response.type === "opaque" ? "" : await response.text()];
  } catch (error) { return [error.name]; }
}
"""
LISTEN = """
(url) => new Promise((resolve) => {
  const socket = new WebSocket(url, "graphql-transport-ws");
  socket.onopen = () => resolve("open");
  socket.onerror = () => resolve("refused");
})
"""
QUERY = '{"query": "{ me { id } }"}'
ANSWER = '{"data":{"me":{"id":"u1"}}}'
JSON_POST = {"method": "POST", "body": QUERY, "headers": {"content-type": "application/json"}}
FORM_POST = {"method": "POST", "body": QUERY, "headers": {"content-type": "text/plain"}, "mode": "no-cors"}
GET = "?query={me{id}}"


@asynccontextmanager
async def page_elsewhere() -> AsyncIterator[str]:
    """The origin of an empty page."""

    async def empty(request: web.Request) -> web.Response:
        return web.Response(text="<title>elsewhere</title>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", empty)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def opened(tab: Tab, origin: str) -> None:
    await tab.open(origin)
    await tab.wait_for("document.title === 'elsewhere'")


async def ask(tab: Tab, router: RunningRouter, init: dict[str, Any], query: str = "") -> list[Any]:
    answer: list[Any] = await tab.call(ASK, {"url": f"{router.url}/graphql{query}", "init": init})
    return answer


async def listen(tab: Tab, router: RunningRouter) -> str:
    outcome: str = await tab.call(LISTEN, f"{router.url.replace('http', 'ws', 1)}/graphql")
    return outcome


async def test_a_page_that_nobody_has_allowed(router: RunningRouter, tmp_path: Path) -> None:
    async with page_elsewhere() as origin, browser(tmp_path) as tab:
        await opened(tab, origin)
        assert await ask(tab, router, JSON_POST) == ["TypeError"]
        assert await ask(tab, router, {}, GET) == ["TypeError"]
        # what needs no preflight is sent, and refused
        assert await ask(tab, router, FORM_POST) == ["opaque", 0, ""]
        assert await ask(tab, router, {"mode": "no-cors"}, GET) == ["opaque", 0, ""]
        await tab.run(
            f"new Promise((done) => {{ const i = new Image(); i.onerror = done; i.src = '{router.url}/graphql{GET}' }})"
        )
        assert await listen(tab, router) == "refused"
    assert not any(subgraph.bodies for subgraph in router.subgraphs.values())


async def test_a_page_that_is_allowed(tmp_path: Path) -> None:
    async with (
        page_elsewhere() as origin,
        browser(tmp_path / "browser") as tab,
        running([HttpSubgraph(shop()[0])], tmp_path, router_cors_origins=origin) as router,
    ):
        await opened(tab, origin)
        assert await ask(tab, router, JSON_POST) == ["cors", 200, ANSWER]
        assert await ask(tab, router, {}, GET) == ["cors", 200, ANSWER]
        headers = {"content-type": "application/json", "apollo-require-preflight": "1", "authorization": "x"}
        assert (await ask(tab, router, {**JSON_POST, "headers": headers}))[:1] == ["cors"]
        assert await ask(tab, router, {**JSON_POST, "headers": {**headers, "x-other": "1"}}) == ["TypeError"]
        status = await ask(tab, router, {**JSON_POST, "body": "{"})
        assert status[:2] == ["cors", 400]  # a refusal can be read too
        assert await listen(tab, router) == "open"
