"""GraphiQL, as clients of a real router get it, and in a real browser."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest
from yarl import URL

from ...browser import CHROMIUM, browser
from ...http_subgraph import HttpSubgraph
from ...running import RunningRouter, running
from ...shop import shop

ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
BROWSER = {"accept": ACCEPT, "sec-fetch-site": "none", "sec-fetch-mode": "navigate"}
EDITOR = ".graphiql-query-editor textarea"
# One button, which says what it does now.
RUN, STOP = (f'.graphiql-execute-button[aria-label^="{does}"]' for does in ("Execute", "Stop"))
ANSWER = "document.querySelector('.result-window .CodeMirror')?.CodeMirror.getValue()"


async def test_a_browser_gets_a_page_that_loads_nothing_from_elsewhere(router: RunningRouter) -> None:
    async with router.session.get(f"{router.url}/graphql", headers=BROWSER) as response:
        assert (response.status, response.content_type) == (200, "text/html")
        policy, page = response.headers["content-security-policy"], await response.text()
    assert "default-src 'none'; script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["vary"] == "accept"
    files = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(files) == 7
    for name in files:
        assert "//" not in name
        if not name.startswith("data:"):
            async with router.session.get(f"{router.url}/{name}") as response:
                assert response.status == 200
                assert response.headers["x-content-type-options"] == "nosniff"
                assert response.content_type in ("text/css", "text/javascript")


@pytest.mark.parametrize("path", ["graphql", "graphql/"])
async def test_its_files_are_found_from_either_address(router: RunningRouter, path: str) -> None:
    async with router.session.get(f"{router.url}/{path}", headers=BROWSER) as page:
        name = re.findall(r'src="([^"]+)"', await page.text())[0]
        async with router.session.get(page.url.join(URL(name))) as response:
            assert response.status == 200


@pytest.mark.parametrize("name", ["../page.py", "%2e%2e/page.py", "..%2fpage.py", "vendored", "", "nothing.js"])
async def test_nothing_else_is_served_beside_them(router: RunningRouter, name: str) -> None:
    async with router.session.get(f"{router.url}/graphql/graphiql/{name}") as response:
        assert response.status == 404


async def test_a_link_from_another_site_opens_the_page_and_runs_nothing(router: RunningRouter) -> None:
    headers = {**BROWSER, "sec-fetch-site": "cross-site"}
    async with router.session.get(f"{router.url}/graphql?query={{me{{id}}}}", headers=headers) as response:
        assert response.content_type == "text/html"
    async with router.session.head(f"{router.url}/graphql", headers=headers) as response:
        assert (response.status, await response.read()) == (200, b"")
    assert not router.subgraphs["accounts"].bodies


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html", "text/html;q=0, */*"])
async def test_a_program_gets_no_page(router: RunningRouter, accept: str) -> None:
    params = {"query": "{ __typename }"}
    async with router.session.get(f"{router.url}/graphql", params=params, headers={"accept": accept}) as response:
        assert (response.status, response.content_type) == (200, "application/json")


async def test_it_can_be_switched_off(tmp_path: Path) -> None:
    async with running([HttpSubgraph(shop()[0])], tmp_path, router_graphiql=False) as router:
        params = {"query": "{ __typename }"}
        async with router.session.get(f"{router.url}/graphql", params=params, headers=BROWSER) as response:
            assert (response.status, response.content_type) == (200, "application/json")
        async with router.session.get(f"{router.url}/graphql", headers={"accept": "text/html"}) as response:
            assert response.status == 406
        async with router.session.get(f"{router.url}/graphql/graphiql/page.js") as response:
            assert response.status == 404


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
async def test_a_reader_asks_and_listens(router: RunningRouter, tmp_path: Path) -> None:
    async with browser(tmp_path) as tab:
        await tab.open(f"{router.url}/graphql?query=%7B%20me%20%7B%20id%20%7D%20%7D")
        # Before both editors are there, a click asks nothing.
        await tab.wait_for(f"document.querySelector('{EDITOR}') !== null && {ANSWER} !== undefined")
        assert not any(b"me" in body for body in router.subgraphs["accounts"].bodies)
        await tab.click(RUN)
        assert json.loads(await tab.wait_for(ANSWER)) == {"data": {"me": {"id": "u1"}}}

        await tab.type_over(EDITOR, "{ me { name } }")
        await tab.click(RUN)
        answer = await tab.wait_for(f"({ANSWER} ?? '').includes('name') && {ANSWER}")
        assert json.loads(answer) == {"data": {"me": {"name": "Owner"}}}

        await tab.type_over(EDITOR, 'subscription { orderUpdated(id: "o1") { status } }')
        await tab.click(RUN)
        answer = await tab.wait_for(f"({ANSWER} ?? '').includes('PAID') && {ANSWER}")
        assert json.loads(answer) == {"data": {"orderUpdated": {"status": "PAID"}}}

        # an event that is there stays, and whoever stops listening is told nothing more
        router.subgraphs["orders"].fault = "stall-stream"
        await tab.click(RUN)
        await tab.wait_for(f"({ANSWER} ?? '').includes('PLACED')")
        await tab.click(STOP)
        async with asyncio.timeout(30):
            await router.subgraphs["orders"].cancelled.wait()
        assert "PLACED" in await tab.run(ANSWER)

        assert all(address.startswith((router.url, "data:")) for address in tab.requested)
        assert tab.complaints == []
