"""GraphQL over HTTP against a real router: what clients send wrong, and what they get right."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientConnectionError, ClientPayloadError

from ..http_subgraph import HttpSubgraph
from ..issuer import Issuer
from ..running import SECRET, RunningRouter, running
from ..shop import shop

GRAPHQL = "application/graphql-response+json"
ORDER = '{ order(id: "o1") { status outstanding { amount } payment { status } } }'


async def refusal(router: RunningRouter, body: bytes, **headers: str) -> tuple[int, str]:
    sent = {"content-type": "application/json", "accept": GRAPHQL, **headers}
    async with router.session.post(f"{router.url}/graphql", data=body, headers=sent) as response:
        decoded = await response.json(content_type=None)
        assert "data" not in decoded
        return response.status, decoded["errors"][0]["extensions"]["code"]


def query(text: str) -> bytes:
    return json.dumps({"query": text}).encode()


async def test_a_query_over_three_subgraphs(router: RunningRouter) -> None:
    assert await router.post(ORDER) == {
        "data": {"order": {"status": "PAID", "outstanding": {"amount": 0}, "payment": {"status": "CAPTURED"}}}
    }


async def test_a_query_by_get(router: RunningRouter) -> None:
    parameters = {"query": "query($id: ID!) { order(id: $id) { status } }", "variables": '{"id":"o1"}'}
    async with router.session.get(f"{router.url}/graphql", params=parameters) as response:
        assert response.content_type == "application/json"
        assert await response.json() == {"data": {"order": {"status": "PAID"}}}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "BAD_REQUEST"),
        (b"", 400, "BAD_REQUEST"),
        (b"[]", 400, "BATCHING_NOT_SUPPORTED"),
        (b'{"query": 5}', 400, "BAD_REQUEST"),
        (b'{"query": "{ me { id } }", "variables": []}', 400, "BAD_REQUEST"),
        (b'{"query": "\xff"}', 400, "BAD_REQUEST"),
        (b"[" * 100_000, 400, "BATCHING_NOT_SUPPORTED"),
        (query("{ me {"), 400, "GRAPHQL_PARSE_FAILED"),
        (query("{ me { } }"), 400, "GRAPHQL_PARSE_FAILED"),
        (query("{ nobody }"), 400, "GRAPHQL_VALIDATION_FAILED"),
        (query("{ me { __typename: id } }"), 400, "GRAPHQL_VALIDATION_FAILED"),
        (query("query($n: Int!) { users(first: $n) { totalCount } }"), 400, "BAD_USER_INPUT"),
        (query("query A { me { id } } query B { me { id } }"), 400, "OPERATION_RESOLUTION_FAILURE"),
        (query("{" + " ".join(f"a{n}: me {{ id }}" for n in range(10_000)) + "}"), 400, "GRAPHQL_PARSE_FAILED"),
        (query("{" + " ".join(f"a{n}: me {{ id }}" for n in range(150)) + "}"), 400, "MAX_ALIASES_EXCEEDED"),
        (query("{ me " + "{ tenant " * 20 + "{ id }" + "}" * 20 + "}"), 400, "MAX_DEPTH_EXCEEDED"),
        (query("{" * 4_000), 400, "GRAPHQL_PARSE_FAILED"),
        (query("{ me { ...F } } fragment F on User { id ...F }"), 400, "GRAPHQL_VALIDATION_FAILED"),
        (
            query("{ me { ...F } } fragment F on User { ...G } fragment G on User { ...F }"),
            400,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (query("{ me { id " + "@skip(if: false) " * 500 + "} }"), 400, "GRAPHQL_VALIDATION_FAILED"),
        (query("{ me { id " + "@include(if: true) " * 501 + "} }"), 400, "MAX_DIRECTIVES_EXCEEDED"),
        (query("query " + "@unknown " * 501 + "{ me { id } }"), 400, "MAX_DIRECTIVES_EXCEEDED"),
        (query("query($a: Int " + "@unknown " * 501 + ") { me { id } }"), 400, "MAX_DIRECTIVES_EXCEEDED"),
        (query("{ me { ... " + "@skip(if: false) " * 501 + "{ id } } }"), 400, "MAX_DIRECTIVES_EXCEEDED"),
        (
            query("{ me {" + " ...F" * 30 + "} } fragment F on User " + "@a " * 10 + "{ id " + "@b " * 10 + "}"),
            400,
            "MAX_DIRECTIVES_EXCEEDED",
        ),
        (query("subscription { auditAppended { id } }"), 406, "BAD_REQUEST"),
    ],
)
async def test_a_bad_request_has_a_code(router: RunningRouter, body: bytes, status: int, code: str) -> None:
    assert await refusal(router, body) == (status, code)
    assert not any(subgraph.bodies for subgraph in router.subgraphs.values())


async def test_exponential_fragments_are_refused_at_once(router: RunningRouter) -> None:
    fragments = " ".join(f"fragment F{n} on User {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60))
    text = f"{{ me {{ ...F0 }} }} {fragments} fragment F60 on User {{ id }}"
    assert await refusal(router, query(text)) == (400, "MAX_FIELDS_EXCEEDED")


async def test_suggestions_tell_nothing_of_a_schema_that_nobody_may_ask_for(
    router: RunningRouter, tmp_path: Path
) -> None:
    assert "Did you mean" in (await router.post("{ mee { id } }"))["errors"][0]["message"]
    async with running([HttpSubgraph(shop()[0])], tmp_path, router_introspection=False) as silent:
        assert "mean" not in (await silent.post("{ mee { id } }"))["errors"][0]["message"]


async def test_media_types(router: RunningRouter) -> None:
    body = query("{ me { id } }")
    assert await refusal(router, body, **{"content-type": "text/plain"}) == (415, "BAD_REQUEST")
    assert await refusal(router, body, accept="text/html") == (406, "BAD_REQUEST")
    async with router.session.put(f"{router.url}/graphql", data=body) as response:
        assert response.status == 405
    parameters = {"query": 'mutation { cancelOrder(input: {id: "o1"}) { order { id } } }'}
    async with router.session.get(f"{router.url}/graphql", params=parameters) as response:
        assert response.status == 405


async def test_a_client_of_plain_json_gets_200_for_an_invalid_document(router: RunningRouter) -> None:
    assert await refusal(router, query("{ nobody }"), accept="application/json") == (
        200,
        "GRAPHQL_VALIDATION_FAILED",
    )


async def test_a_body_of_fifty_megabytes_is_refused_unread(router: RunningRouter) -> None:
    assert (await refusal(router, b"x" * 2_000_000))[1] == "PAYLOAD_TOO_LARGE"
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(800):
            sent += 65_536
            yield b"x" * 65_536

    headers = {"content-type": "application/json"}
    try:
        async with router.session.post(f"{router.url}/graphql", data=chunks(), headers=headers) as response:
            assert response.status == 413
    except (ClientConnectionError, ClientPayloadError):
        pass  # the router may close before the client has read why
    assert sent < 800 * 65_536


async def test_requests_are_signed_and_carry_the_token(router: RunningRouter, issuer: Issuer) -> None:
    headers = issuer.bearer()
    await router.post("{ me { id } }", headers=headers)
    subgraph = router.subgraphs["accounts"]
    sent = subgraph.headers[0]
    assert sent["authorization"] == headers["authorization"]
    key = hmac.new(SECRET.encode(), b"router-signature", hashlib.sha256).hexdigest().encode()
    at = sent["x-trellis-signature"].split(",")[0].removeprefix("t=")
    signed = f"{at}.accounts.{headers['authorization']}.".encode() + subgraph.bodies[0]
    expected = hmac.new(key, signed, hashlib.sha256).hexdigest()
    assert sent["x-trellis-signature"] == f"t={at},v1={expected}"


async def test_subgraphs_learn_where_the_client_is_and_not_from_the_client(router: RunningRouter) -> None:
    await router.post("{ me { id } }")
    await router.post("{ me { id } }", headers={"x-forwarded-for": "198.51.100.7"})
    sent = [headers["x-forwarded-for"] for headers in router.subgraphs["accounts"].headers]
    assert sent == ["127.0.0.1", "198.51.100.7, 127.0.0.1"]


async def test_a_trusted_proxy_says_where_the_client_is(tmp_path: Path) -> None:
    accounts = HttpSubgraph(shop()[0])
    async with running([accounts], tmp_path, router_trusted_proxies="127.0.0.0/8, 10.0.0.1") as router:
        await router.post("{ me { id } }", headers={"x-forwarded-for": "192.0.2.1, 198.51.100.7, 10.0.0.1"})
    assert accounts.headers[-1]["x-forwarded-for"].rpartition(", ")[2] == "198.51.100.7"


async def test_a_client_that_leaves_cancels_its_fetches(tmp_path: Path) -> None:
    accounts = HttpSubgraph(shop()[0])
    async with running([accounts], tmp_path, router_timeout=300) as router:
        accounts.fault = "never"
        asked = asyncio.create_task(router.post("{ me { email } }"))
        await accounts.entered.wait()
        asked.cancel()
        async with asyncio.timeout(30):
            assert await accounts.cancelled.wait()


async def test_health(router: RunningRouter) -> None:
    for name in ("live", "ready"):
        async with router.session.get(f"{router.url}/health/{name}") as response:
            assert response.status == 200


async def test_variables_that_are_not_used_by_a_fetch_do_not_go_there(router: RunningRouter) -> None:
    await router.post(
        "query Q($id: ID!, $n: Int) { order(id: $id) { payment { auditTrail(first: $n) { edges { cursor } } } } }",
        variables={"id": "o1", "n": 3},
    )
    sent = {name: json.loads(s.bodies[0]) for name, s in router.subgraphs.items() if s.bodies}
    assert sent["orders"]["variables"] == {"id": "o1"}
    assert list(sent["billing"]["variables"]) == ["representations"]
    assert sent["audit"]["variables"]["n"] == 3
    assert sent["audit"]["operationName"].startswith("Q__audit__")
