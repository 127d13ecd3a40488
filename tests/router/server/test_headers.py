"""Headers between clients and subgraphs, over a real router: what passes, what never does, and whose they are."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import ClientResponse

from router.server.serve import RouterConfigurationError, RouterServer
from router.settings import RouterSettings

from ..http_subgraph import HttpSubgraph
from ..running import SECRET, RunningRouter, running
from ..shop import shop

QUERY = '{ order(id: "o1") { status payment { status } } }'
RULES = "x-request-id, x-shop-*, orders:x-cart, orders:x-shop-secret, cookie"


@pytest.fixture
async def passing(tmp_path: Path) -> AsyncIterator[RunningRouter]:
    async with running(
        [HttpSubgraph(subgraph) for subgraph in shop()],
        tmp_path,
        router_forward_headers=RULES,
        router_return_headers="set-cookie, x-region, billing:x-billing-*",
        router_subgraph_headers='{"billing": {"X-Api-Key": "key-of-billing", "authorization": "Bearer fixed"}}',
        router_websocket_headers=True,
        router_batch_limit=5,
    ) as router:
        yield router


async def ask(router: RunningRouter, body: Any = None, **headers: str) -> ClientResponse:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with router.session.post(f"{router.url}/graphql", json=body or {"query": QUERY}, headers=sent) as response:
        assert (await response.json(content_type=None)) is not None
        return response


async def test_named_headers_go_to_subgraphs(passing: RunningRouter) -> None:
    await ask(passing, x_request_id="r1", x_shop_a="a", x_other="no", cookie="a=b", x_cart="c1")
    orders, billing = (passing.subgraphs[name].headers[-1] for name in ("orders", "billing"))
    for headers in (orders, billing):
        assert (headers["x-request-id"], headers["x-shop-a"], headers["cookie"]) == ("r1", "a", "a=b")
        assert "x-other" not in headers
    assert orders["x-cart"] == "c1"
    assert "x-cart" not in billing


async def test_none_goes_without_a_rule(router: RunningRouter) -> None:
    await ask(router, x_request_id="r1", cookie="a=b", x_trellis_signature="forged")
    sent = router.subgraphs["orders"].headers[-1]
    assert not {"x-request-id", "cookie"} & set(sent)
    assert sent["x-trellis-signature"] != "forged"


async def test_a_subgraph_is_always_sent_its_own_and_the_signature_covers_them(passing: RunningRouter) -> None:
    await ask(passing, authorization="Bearer of-the-client", x_api_key="forged")
    billing = passing.subgraphs["billing"]
    sent = billing.headers[-1]
    assert sent["x-api-key"] == "key-of-billing"
    assert sent["authorization"] == "Bearer fixed"
    assert passing.subgraphs["orders"].headers[-1]["authorization"] == "Bearer of-the-client"
    assert "x-api-key" not in passing.subgraphs["orders"].headers[-1]
    key = hmac.new(SECRET.encode(), b"router-signature", hashlib.sha256).hexdigest().encode()
    at = sent["x-trellis-signature"].split(",")[0].removeprefix("t=")
    signed = f"{at}.billing.Bearer fixed.".encode() + billing.bodies[-1]
    assert sent["x-trellis-signature"] == f"t={at},v1={hmac.new(key, signed, hashlib.sha256).hexdigest()}"


async def test_its_sdl_is_asked_for_with_them_too(passing: RunningRouter) -> None:
    assert passing.subgraphs["billing"].sdl_headers["x-api-key"] == "key-of-billing"


async def test_requests_at_once_do_not_mix(passing: RunningRouter) -> None:
    names = [f"r{number}" for number in range(20)]
    await asyncio.gather(*(ask(passing, x_request_id=name, x_cart=name) for name in names))
    for subgraph in ("orders", "billing"):
        sent = [headers for headers in passing.subgraphs[subgraph].headers if "x-request-id" in headers]
        assert sorted(headers["x-request-id"] for headers in sent) == sorted(names)
    for headers in passing.subgraphs["orders"].headers:
        assert headers.get("x-cart") == headers.get("x-request-id")


async def test_named_headers_come_back(passing: RunningRouter) -> None:
    orders, billing = passing.subgraphs["orders"], passing.subgraphs["billing"]
    orders.answer_headers = [
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2; HttpOnly"),
        ("x-region", "north"),
        ("x-billing-a", "not ours to say"),
        ("x-hidden", "1"),
    ]
    billing.answer_headers = [("set-cookie", "c=3"), ("x-region", "south"), ("x-billing-a", "1")]
    response = await ask(passing)
    assert sorted(response.headers.getall("set-cookie")) == ["a=1", "b=2; HttpOnly", "c=3"]
    # The payment is asked for once the order is there.
    assert response.headers.getall("x-region") == ["south"]
    assert response.headers.getall("x-billing-a") == ["1"]
    assert "x-hidden" not in response.headers
    assert (await ask(passing, {"query": "{ me { id } }"})).headers.get("set-cookie") is None


async def test_they_come_back_from_a_plan_of_one_fetch_a_stream_and_a_batch(passing: RunningRouter) -> None:
    passing.subgraphs["orders"].answer_headers = [("set-cookie", "a=1")]
    body = {"query": '{ order(id: "o1") { status } }'}
    assert (await ask(passing, body)).headers["set-cookie"] == "a=1"
    async with passing.session.post(
        f"{passing.url}/graphql", json=body, headers={"accept": "text/event-stream"}
    ) as response:
        assert response.headers["set-cookie"] == "a=1"
    assert (await ask(passing, [body, body])).headers.getall("set-cookie") == ["a=1"]


async def test_none_comes_back_without_a_rule(router: RunningRouter) -> None:
    router.subgraphs["orders"].answer_headers = [("set-cookie", "a=1"), ("x-region", "north")]
    response = await ask(router)
    assert not {"set-cookie", "x-region"} & {name.lower() for name in response.headers}


async def through_websocket(router: RunningRouter, payload: Any) -> Any:
    """The headers that the subgraph gets, or the code that the connection is closed with."""
    address = f"{router.url}/graphql"
    async with router.session.ws_connect(
        address, protocols=("graphql-transport-ws",), headers={"x-request-id": "of the handshake"}
    ) as socket:
        await socket.send_json({"type": "connection_init", "payload": payload})
        message = await socket.receive(timeout=30)
        if socket.closed:
            return socket.close_code
        assert json.loads(message.data) == {"type": "connection_ack"}
        await socket.send_json({"type": "subscribe", "id": "1", "payload": {"query": QUERY}})
        assert (await socket.receive_json(timeout=30))["type"] == "next"
    return router.subgraphs["orders"].headers[-1]


async def test_a_websocket_s_payload_may_hold_headers(passing: RunningRouter) -> None:
    said = {"X-Shop-A": "a", "x-request-id": "said", "x-other": "no", "authorization": "Bearer x", "x-shop-b": "é"}
    sent = await through_websocket(passing, {"headers": said})
    assert sent["x-shop-a"] == "a"
    assert sent["x-request-id"] == "of the handshake"
    assert not {"x-other", "x-shop-b", "authorization"} & set(sent)


@pytest.mark.parametrize(
    "said", [5, ["x"], {"x-shop-a": 5}, {"x-shop-a": "x" * 9_000}, {f"x{n}": "" for n in range(51)}]
)
async def test_a_payload_whose_headers_are_none_closes(passing: RunningRouter, said: Any) -> None:
    assert await through_websocket(passing, {"headers": said}) == 4400


async def test_a_websocket_s_payload_holds_none_by_default(tmp_path: Path) -> None:
    subgraphs = [HttpSubgraph(subgraph) for subgraph in shop()]
    async with running(subgraphs, tmp_path, router_forward_headers="x-shop-*") as router:
        assert "x-shop-a" not in await through_websocket(router, {"headers": {"x-shop-a": "a"}})


async def test_secrets_are_in_no_log_and_no_settings_shown(tmp_path: Path) -> None:
    subgraphs = [HttpSubgraph(subgraph) for subgraph in shop()]
    text = '{"orders": {"x-api-key": "hunter2"}}'
    with structlog.testing.capture_logs() as logs:
        async with running(subgraphs, tmp_path, router_subgraph_headers=text) as router:
            subgraphs[2].fault = "html-500"
            await router.post(QUERY)
            subgraphs[2].fault = "close"
            await router.post(QUERY)
            assert "hunter2" not in repr(router.server.state.settings)
    assert subgraphs[2].headers[-1]["x-api-key"] == "hunter2"
    assert logs
    assert "hunter2" not in repr(logs)


async def test_a_rule_for_a_subgraph_that_is_not_there_is_told(tmp_path: Path) -> None:
    rules = {
        "router_forward_headers": "accounts:x-a, first:x-a",
        "router_return_headers": "second:x-a",
        "router_subgraph_headers": '{"third": {"x-key": "hunter2"}}',
    }
    with structlog.testing.capture_logs() as logs:
        async with running([HttpSubgraph(shop()[0])], tmp_path, **rules):
            pass
    told = [entry["subgraph"] for entry in logs if entry["event"] == "headers.unknown_subgraph"]
    assert told == ["first", "second", "third"]


@pytest.mark.parametrize(
    "settings",
    [
        {"router_forward_headers": "host"},
        {"router_return_headers": "content-length"},
        {"router_subgraph_headers": "hunter2"},
    ],
)
def test_a_rule_that_cannot_hold_stops_the_start(tmp_path: Path, settings: dict[str, Any]) -> None:
    with pytest.raises(RouterConfigurationError) as refused:
        RouterServer(RouterSettings(supergraph=tmp_path / "x", **settings))
    assert "hunter2" not in str(refused.value)
