"""The published keys."""

from __future__ import annotations

import httpx
import jwt
from litestar import Litestar

from shared_models.kernel.identity import AUDIENCE, ISSUER
from subgraphs.app import sdl
from tests.support.subgraph_client import as_asgi


async def test_anybody_may_verify_a_token(app: Litestar, sign_up):
    person = await sign_up()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=as_asgi(app)), base_url="http://accounts") as http:
        response = await http.get("/.well-known/jwks.json")
    assert response.headers["cache-control"] == "public, max-age=300"
    token = person.payload["accessToken"]
    key = jwt.PyJWKSet.from_dict(response.json())[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["EdDSA"], audience=AUDIENCE, issuer=ISSUER)
    assert claims["sub"] == person.id
    assert all("d" not in entry for entry in response.json()["keys"])


def test_the_contract_is_in_the_sdl():
    text = sdl("accounts")
    for line in ('type User @key(fields: "id") {', 'type Tenant @key(fields: "id") {', "type UserConnection {"):
        assert line in text
