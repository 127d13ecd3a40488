"""What browsers are told about pages of other origins, by a real router."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse

from router.server.serve import RouterConfigurationError, RouterServer
from router.settings import RouterSettings

from ..http_subgraph import HttpSubgraph
from ..running import RunningRouter, running
from ..shop import shop

SHOP = "https://shop.example"
EVIL = "https://evil.example"
ME = {"query": "{ me { id } }"}
PREFLIGHT = {"access-control-request-method": "POST", "access-control-request-headers": "content-type,x-mine"}


@pytest.fixture
async def frequented(tmp_path: Path) -> AsyncIterator[RunningRouter]:
    async with started(tmp_path, router_cors_origins=f"{SHOP}, http://localhost:3000") as router:
        yield router


def started(folder: Path, **settings: Any) -> Any:
    return running([HttpSubgraph(subgraph) for subgraph in shop()], folder, **settings)


async def answer_to(router: RunningRouter, method: str, headers: Mapping[str, str], **sent: Any) -> ClientResponse:
    async with router.session.request(method, f"{router.url}/graphql", headers=headers, **sent) as response:
        await response.read()
        return response


def granted(response: ClientResponse) -> dict[str, str]:
    prefix = "access-control-"
    return {
        name.lower().removeprefix(prefix): value for name, value in response.headers.items() if prefix in name.lower()
    }


async def test_by_default_no_page_of_elsewhere_may_read(router: RunningRouter) -> None:
    response = await answer_to(router, "OPTIONS", {"origin": SHOP, **PREFLIGHT})
    assert (response.status, granted(response)) == (405, {})
    response = await answer_to(router, "POST", {"origin": SHOP}, json=ME)
    assert (response.status, granted(response)) == (200, {})


async def test_a_preflight(frequented: RunningRouter) -> None:
    response = await answer_to(frequented, "OPTIONS", {"origin": SHOP, **PREFLIGHT})
    assert response.status == 204
    assert response.headers["vary"] == "origin"
    assert granted(response) == {
        "allow-origin": SHOP,
        "allow-methods": "GET, POST",
        "allow-headers": "apollo-require-preflight, authorization, content-type, graphql-require-preflight, "
        "x-apollo-operation-name",
        "max-age": "600",
    }


async def test_a_preflight_of_a_page_that_is_not_allowed(frequented: RunningRouter) -> None:
    for origin in (EVIL, f"{SHOP}.evil.example", "null"):
        async with frequented.session.options(
            f"{frequented.url}/graphql", headers={"origin": origin, **PREFLIGHT}
        ) as response:
            assert (response.status, response.headers["vary"], granted(response)) == (403, "origin", {})
            assert (await response.json())["errors"][0]["extensions"]["code"] == "ORIGIN_NOT_ALLOWED"


async def test_an_answer_names_who_may_read_it(frequented: RunningRouter) -> None:
    response = await answer_to(frequented, "POST", {"origin": SHOP}, json=ME)
    assert granted(response) == {"allow-origin": SHOP, "expose-headers": "x-trace-id"}
    for headers in ({"origin": EVIL}, {}):
        response = await answer_to(frequented, "POST", headers, json=ME)
        assert (response.status, response.headers["vary"]) == (200, "origin")
        assert "allow-origin" not in granted(response)


async def test_a_refusal_and_a_stream_name_it_too(frequented: RunningRouter) -> None:
    stream = {"origin": SHOP, "accept": "text/event-stream"}
    subscription = {"query": 'subscription { orderUpdated(id: "o1") { status } }'}
    for status, response in [
        (200, await answer_to(frequented, "POST", stream, json=subscription)),
        (413, await answer_to(frequented, "POST", {"origin": SHOP}, data=b"x" * 2_000_000)),
        (415, await answer_to(frequented, "POST", {"origin": SHOP}, data=b"x")),
        (405, await answer_to(frequented, "PUT", {"origin": SHOP}, data=b"x")),
        (405, await answer_to(frequented, "OPTIONS", {"origin": SHOP})),
    ]:
        assert (response.status, response.headers["vary"]) == (status, "origin")
        assert granted(response)["allow-origin"] == SHOP


async def test_a_page_that_is_refused_is_told_so_by_name(frequented: RunningRouter) -> None:
    headers = {"origin": EVIL, "content-type": "text/plain"}
    response = await answer_to(frequented, "POST", headers, data=b"{}")
    assert (response.status, response.headers["vary"]) == (403, "origin")
    assert "allow-origin" not in granted(response)


async def test_any_page(tmp_path: Path) -> None:
    async with started(tmp_path, router_cors_origins="*", router_cors_headers="*", router_cors_max_age=5) as router:
        response = await answer_to(router, "OPTIONS", {"origin": EVIL, **PREFLIGHT})
        assert response.headers["vary"] == "access-control-request-headers"
        assert granted(response) == {
            "allow-origin": "*",
            "allow-methods": "GET, POST",
            "allow-headers": "content-type,x-mine",
            "max-age": "5",
        }
        response = await answer_to(router, "GET", {"origin": EVIL}, params=ME)
        assert (response.status, granted(response)["allow-origin"]) == (200, "*")
        assert "vary" not in response.headers


async def test_cookies_of_pages_by_name(tmp_path: Path) -> None:
    async with started(tmp_path, router_cors_origins=SHOP, router_cors_credentials=True) as router:
        response = await answer_to(router, "POST", {"origin": SHOP}, json=ME)
        assert granted(response)["allow-credentials"] == "true"
        assert "allow-credentials" not in granted(await answer_to(router, "POST", {"origin": EVIL}, json=ME))


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"router_cors_origins": "*", "router_cors_credentials": True}, "not to \\*"),
        ({"router_cors_origins": "shop.example"}, "shop.example is no origin"),
        ({"router_cors_origins": f"{SHOP}/"}, "is no origin"),
    ],
)
async def test_settings_that_cannot_be_meant(tmp_path: Path, settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(RouterConfigurationError, match=reason):
        RouterServer(RouterSettings(supergraph=tmp_path / "none.graphql", **settings))
