"""Requests that browsers send for pages of other sites, to a real router."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientResponse, FormData, WSServerHandshakeError

from ..http_subgraph import HttpSubgraph
from ..running import RunningRouter, running
from ..shop import shop

EVIL = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
SHOP = {"origin": "https://shop.example", "sec-fetch-site": "cross-site"}
ME = {"query": "{ me { id } }"}
BODY = json.dumps(ME).encode()


@pytest.fixture
async def frequented(tmp_path: Path) -> AsyncIterator[RunningRouter]:
    """A router that a shop's pages may ask."""
    async with running([HttpSubgraph(shop()[0])], tmp_path, router_cors_origins=SHOP["origin"]) as router:
        yield router


async def code_of(response: ClientResponse) -> tuple[int, str | None]:
    errors = (await response.json()).get("errors", [])
    return response.status, errors[0]["extensions"]["code"] if errors else None


async def by_get(router: RunningRouter, headers: dict[str, str]) -> tuple[int, str | None]:
    async with router.session.get(f"{router.url}/graphql", params=ME, headers=headers) as response:
        return await code_of(response)


async def by_post(
    router: RunningRouter, headers: dict[str, str], body: bytes | FormData = BODY
) -> tuple[int, str | None]:
    asked = router.session.post(f"{router.url}/graphql", data=body, headers=headers, skip_auto_headers=["content-type"])
    async with asked as response:
        return await code_of(response)


@pytest.mark.parametrize(
    "headers",
    [
        EVIL,
        {"sec-fetch-site": "cross-site"},  # an image or a link
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},  # a browser that says no more, or may not without TLS
        {"origin": "null", "sec-fetch-site": "cross-site"},
    ],
)
async def test_a_page_of_elsewhere_cannot_have_a_query_sent(router: RunningRouter, headers: dict[str, str]) -> None:
    assert await by_get(router, headers) == (403, "CSRF_PREVENTED")
    assert not router.subgraphs["accounts"].bodies


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "Text/Plain; charset=utf-8",
        "text/plain; application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=application/json",
        None,
    ],
)
async def test_a_page_of_elsewhere_cannot_have_a_form_sent(router: RunningRouter, content_type: str | None) -> None:
    named = {"content-type": content_type} if content_type else {}
    assert await by_post(router, {**EVIL, **named}) == (403, "CSRF_PREVENTED")
    assert not router.subgraphs["accounts"].bodies


async def test_nor_one_with_files_or_with_several_operations(router: RunningRouter) -> None:
    form = FormData()
    form.add_field("operations", BODY.decode())
    form.add_field("0", b"bytes", filename="a.txt")
    asked = router.session.post(f"{router.url}/graphql", data=form, headers=EVIL)
    async with asked as response:
        assert await code_of(response) == (403, "CSRF_PREVENTED")
    assert await by_post(router, {**EVIL, "content-type": "text/plain"}, b"[" + BODY + b"]") == (403, "CSRF_PREVENTED")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"accept": "application/json"},
        {"sec-fetch-mode": "cors"},  # of a fetch that no browser has sent
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {**EVIL, "apollo-require-preflight": "true"},
        {**EVIL, "GraphQL-Require-Preflight": "1"},
        {**EVIL, "x-apollo-operation-name": "Me"},
        {**EVIL, "content-type": "application/json"},
    ],
)
async def test_a_query_that_no_page_can_have_sent_unasked(router: RunningRouter, headers: dict[str, str]) -> None:
    assert await by_get(router, headers) == (200, None)


async def test_a_page_of_the_routers_own(router: RunningRouter) -> None:
    assert await by_get(router, {"origin": router.url}) == (200, None)


async def test_a_body_of_json_was_asked_for(router: RunningRouter) -> None:
    assert await by_post(router, {**EVIL, "content-type": "application/json"}) == (200, None)
    assert await by_post(router, {**EVIL, "content-type": "application/json; charset=utf-8"}) == (200, None)


async def test_a_client_that_is_no_browser_learns_what_is_wrong_with_its_body(router: RunningRouter) -> None:
    assert await by_post(router, {"content-type": "text/plain"}) == (415, "BAD_REQUEST")


async def test_a_page_that_is_allowed_need_not_ask(frequented: RunningRouter) -> None:
    assert await by_get(frequented, SHOP) == (200, None)
    assert await by_get(frequented, EVIL) == (403, "CSRF_PREVENTED")
    assert await by_get(frequented, {"sec-fetch-site": "cross-site"}) == (403, "CSRF_PREVENTED")


async def test_it_can_be_switched_off_and_named_otherwise(tmp_path: Path) -> None:
    async with running([HttpSubgraph(shop()[0])], tmp_path, router_csrf_prevention=False) as router:
        assert await by_get(router, EVIL) == (200, None)
    async with running([HttpSubgraph(shop()[0])], tmp_path, router_csrf_headers="X-Asked") as router:
        assert await by_get(router, {**EVIL, "x-asked": "yes"}) == (200, None)
        assert await by_get(router, {**EVIL, "apollo-require-preflight": "1"}) == (403, "CSRF_PREVENTED")


async def upgrade(router: RunningRouter, **headers: str) -> int:
    """The status of a handshake."""
    asked = router.session.ws_connect(f"{router.url}/graphql", protocols=("graphql-transport-ws",), headers=headers)
    try:
        async with asked as client:
            await client.send_json({"type": "connection_init"})
            assert (await client.receive_json(timeout=30))["type"] == "connection_ack"
            return 101
    except WSServerHandshakeError as error:
        return error.status


async def test_a_websocket_of_a_page_of_elsewhere_is_refused(router: RunningRouter, frequented: RunningRouter) -> None:
    assert await upgrade(router, origin="https://evil.example") == 403
    assert await upgrade(router, origin="null") == 403
    assert await upgrade(router, **SHOP) == 403
    assert await upgrade(frequented, **EVIL) == 403


async def test_a_websocket_of_a_page_that_is_allowed_or_of_no_page(
    router: RunningRouter, frequented: RunningRouter
) -> None:
    assert await upgrade(router) == 101
    assert await upgrade(router, origin=router.url) == 101
    assert await upgrade(frequented, **SHOP) == 101


async def test_a_refused_websocket_says_why(router: RunningRouter, caplog: pytest.LogCaptureFixture) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(router.url.rpartition(":")[2]))
    writer.write(
        b"GET /graphql HTTP/1.1\r\nhost: x\r\norigin: https://evil.example\r\nupgrade: websocket\r\n"
        b"connection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    async with asyncio.timeout(30):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert head.startswith(b"HTTP/1.1 403 ")
    assert json.loads(body)["errors"][0]["extensions"]["code"] == "ORIGIN_NOT_ALLOWED"
    assert "without completing handshake" not in caplog.text
