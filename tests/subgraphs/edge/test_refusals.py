"""Requests that fail as a whole: not from the router, too long, not GraphQL, with a token that does not hold."""

from __future__ import annotations

import json
import time

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from litestar import Litestar

from shared_models.kernel.settings import KernelSettings
from subgraphs.edge.body import MAX_BODY
from subgraphs.edge.signature import RouterSignature
from tests.support.subgraph_client import MINT, SubgraphClient, TokenMint, as_asgi, identity_of

BODY = b'{"query": "{ email }"}'


def code(response: httpx.Response) -> str:
    (error,) = response.json()["errors"]
    assert set(error) == {"message", "extensions"}
    return error["extensions"]["code"]


@pytest.fixture
def signature(kernel_settings: KernelSettings) -> RouterSignature:
    return RouterSignature(kernel_settings.secret.get_secret_value(), "toy")


async def test_a_signed_request_is_answered(client: SubgraphClient):
    assert (await client.post(BODY)).status_code == 200


@pytest.mark.parametrize("header", ["", "t=1", "t=99999999999,v1=" + "0" * 64, "v1=" + "0" * 64])
async def test_without_the_routers_signature_nothing_is_answered(client: SubgraphClient, header: str):
    response = await client.post(BODY, x_trellis_signature=header)
    assert (response.status_code, code(response)) == (401, "ROUTER_SIGNATURE_INVALID")


@pytest.mark.parametrize("age", [61, -61])
async def test_an_old_signature_does_not_hold(client: SubgraphClient, signature: RouterSignature, age: int):
    header = signature.sign(client.authorization, BODY, time.time() - age)
    assert code(await client.post(BODY, x_trellis_signature=header)) == "ROUTER_SIGNATURE_INVALID"


async def test_another_subgraphs_signature_does_not_hold(client: SubgraphClient, kernel_settings: KernelSettings):
    other = RouterSignature(kernel_settings.secret.get_secret_value(), "orders")
    header = other.sign(client.authorization, BODY, time.time())
    assert code(await client.post(BODY, x_trellis_signature=header)) == "ROUTER_SIGNATURE_INVALID"


async def test_the_signature_is_of_this_body_and_this_token(client: SubgraphClient, signature: RouterSignature):
    header = signature.sign(client.authorization, BODY, time.time())
    assert code(await client.post(BODY + b" ", x_trellis_signature=header)) == "ROUTER_SIGNATURE_INVALID"
    other = f"Bearer {MINT.token(identity_of())}"
    response = await client.post(BODY, x_trellis_signature=header, authorization=other)
    assert code(response) == "ROUTER_SIGNATURE_INVALID"


async def test_a_body_that_announces_too_much_is_not_read(client: SubgraphClient):
    response = await client.post(b"{}", content_length=str(50 * 1024 * 1024))
    assert (response.status_code, code(response)) == (413, "PAYLOAD_TOO_LARGE")
    assert response.headers["connection"] == "close"


async def test_a_body_that_announces_nothing_is_read_no_further_than_the_limit(
    app: Litestar, kernel_settings: KernelSettings
):
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 65_536
            yield b" " * 65_536

    transport = httpx.ASGITransport(app=as_asgi(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://subgraph") as http:
        response = await http.post("/graphql", content=endless())
    assert (response.status_code, code(response)) == (413, "PAYLOAD_TOO_LARGE")
    assert MAX_BODY < sent <= MAX_BODY + 2 * 65_536


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"query": 1}',
        b'{"query": "{ hello }", "variables": []}',
        b"\xff\xfe",
        b'{"query": "\\ud800"}',
        b'{"query": "\xed\xa0\x80"}',
        b'{"query": "\xff"}',
        b'{"query": "{ hello }", "variables": {"a": ' + b"[" * 100_000,
    ],
)
async def test_what_is_no_graphql_request_is_a_bad_request(client: SubgraphClient, body: bytes):
    response = await client.post(body)
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(("method", "path", "expected"), [("GET", "/graphql", 405), ("GET", "/nowhere", 404)])
async def test_other_requests_get_a_code_too(app: Litestar, method: str, path: str, expected: int):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=as_asgi(app)), base_url="http://subgraph") as http:
        response = await http.request(method, path)
    assert response.status_code == expected
    assert code(response) == {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}[expected]


async def refused(app: Litestar, settings: KernelSettings, token: str) -> str:
    response = await SubgraphClient(app, "toy", settings, token=token).post(BODY)
    assert response.status_code == 401
    assert "Traceback" not in response.text
    return code(response)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) - 1},
        {"exp": None},
        {"aud": "somebody-else"},
        {"iss": "somebody-else"},
        {"sub": "not-a-uuid"},
        {"tid": None},
        {"tier": "PLATINUM"},
        {"roles": "OWNER"},
    ],
)
async def test_a_token_with_wrong_claims_does_not_hold(app: Litestar, kernel_settings: KernelSettings, claims: dict):
    token = MINT.token(identity_of(), **claims)
    assert await refused(app, kernel_settings, token) == "UNAUTHENTICATED"


async def test_a_forged_token_does_not_hold(app: Litestar, kernel_settings: KernelSettings):
    identity = identity_of()
    good = MINT.token(identity)
    header, payload, signature = good.split(".")
    claims = jwt.decode(good, options={"verify_signature": False})
    public = MINT.private_key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    forged = {
        "signed by another key of the same name": TokenMint(MINT.key_id).token(identity),
        "signed by a key nobody published": TokenMint("unknown").token(identity),
        "no algorithm": jwt.encode(claims, "", algorithm="none", headers={"kid": MINT.key_id}),
        "the public key as an HMAC secret": jwt.encode(
            claims, public.hex(), algorithm="HS256", headers={"kid": MINT.key_id}
        ),
        "no key named": jwt.encode(claims, MINT.private_key, algorithm="EdDSA"),
        "other claims under the same signature": f"{header}.{payload[:-4]}AAAA.{signature}",
        "no signature": f"{header}.{payload}.",
        "no token": "nonsense",
        "far too long": good + "A" * 10_000,
    }
    for how, token in forged.items():
        assert await refused(app, kernel_settings, token) == "UNAUTHENTICATED", how


async def test_a_scheme_other_than_bearer_is_refused(client: SubgraphClient):
    client.authorization = "Basic b3duZXI6cGFzc3dvcmQ="
    assert code(await client.post(BODY)) == "UNAUTHENTICATED"


async def test_the_clients_address_is_what_the_router_says(client: SubgraphClient):
    response = await client.post(b'{"query": "{ client }"}', x_forwarded_for="6.6.6.6, 192.0.2.7")
    assert json.loads(response.content)["data"] == {"client": "192.0.2.7"}
