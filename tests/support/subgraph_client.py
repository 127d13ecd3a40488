"""Talks to a subgraph in this process as its router does: signed requests, real tokens.

```python
async with served("orders", settings) as app:
    client = SubgraphClient(app, "orders", settings, identity_of(tenant_id))
    answer = await client.query("query($id: ID!) { order(id: $id) { status } }", {"id": order_id})
```
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import UUID

import httpx
import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar import Litestar

from shared_models.kernel.identity import AUDIENCE, ISSUER, Identity, Role
from shared_models.kernel.ids import new_id
from shared_models.kernel.settings import KernelSettings
from shared_models.kernel.tenancy import Tier
from subgraphs.app import build_subgraph_app, find
from subgraphs.edge.keys import StaticKeys
from subgraphs.edge.signature import HEADER, RouterSignature
from subgraphs.edge.subgraph import Subgraph
from subgraphs.edge.tokens import TokenVerifier


class TokenMint:
    """Issues access tokens with a key of its own."""

    def __init__(self, key_id: str = "test-key") -> None:
        self.key_id = key_id
        self.private_key = Ed25519PrivateKey.generate()

    def jwks(self) -> dict[str, Any]:
        """The JWKS document that verifies its tokens."""
        jwk = jwt.algorithms.OKPAlgorithm.to_jwk(self.private_key.public_key(), as_dict=True)
        return {"keys": [{**jwk, "kid": self.key_id, "use": "sig", "alg": "EdDSA"}]}

    def token(self, identity: Identity, **claims: Any) -> str:
        """A token for `identity`, valid for 15 minutes; `claims` replace those it would have."""
        now = int(time.time())
        said = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(identity.user_id),
            "tid": str(identity.tenant_id),
            "tier": str(identity.tier),
            "roles": sorted(identity.roles),
            "email": identity.email,
            "iat": now,
            "exp": now + 900,
            "jti": str(new_id()),
        }
        return jwt.encode(said | claims, self.private_key, algorithm="EdDSA", headers={"kid": self.key_id})


MINT = TokenMint()


def identity_of(tenant_id: UUID | None = None, *roles: Role, tier: Tier = Tier.STANDARD) -> Identity:
    """Somebody of a tenant (a fresh one without `tenant_id`): an OWNER unless `roles` say otherwise."""
    user = new_id()
    return Identity(user, tenant_id or new_id(), tier, frozenset(roles or (Role.OWNER,)), f"{user}@test.example")


@asynccontextmanager
async def served(
    subgraph: str | Subgraph, settings: KernelSettings, *, verifier: TokenVerifier | None = None
) -> AsyncIterator[Litestar]:
    """The subgraph's app with everything open; it trusts `MINT`'s tokens unless a verifier is given."""
    found = find(subgraph) if isinstance(subgraph, str) else subgraph
    app = build_subgraph_app(found, settings, verifier=verifier or TokenVerifier(StaticKeys(MINT.jwks())))
    up, done = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        # Entered and left by one task, as its task groups want; fixtures are set up and torn down by two.
        async with app.lifespan():
            up.set()
            await done.wait()

    life = asyncio.create_task(live())
    await asyncio.wait({life, waiting := asyncio.create_task(up.wait())}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    try:
        if life.done():
            await life
        yield app
    finally:
        done.set()
        await life


class SubgraphClient:
    """The router's side of one subgraph, for one caller."""

    def __init__(
        self,
        app: Litestar,
        domain: str,
        settings: KernelSettings,
        identity: Identity | None = None,
        *,
        token: str | None = None,
    ) -> None:
        # Litestar types ASGI by unions, everybody else by mappings.
        self._app = cast("Any", app)
        self._signature = RouterSignature(settings.secret.get_secret_value(), domain)
        token = token or (MINT.token(identity) if identity else None)
        self.authorization = f"Bearer {token}" if token else ""

    async def query(self, document: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """The decoded response of a query or mutation: `data` and, if there are any, `errors`."""
        response = await self.post(_body(document, variables))
        answer: dict[str, Any] = response.json()
        return answer

    async def data(self, document: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """The data of an answer that must have no errors."""
        answer = await self.query(document, variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def post(self, body: bytes, **headers: str) -> httpx.Response:
        """Posts raw bytes, signed; `headers` replace those it would send (with `_` for `-`)."""
        transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://subgraph") as client:
            sent = self._headers(body) | {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.post("/graphql", content=body, headers=sent)

    async def subscribe(
        self, document: str, variables: dict[str, Any] | None = None
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The results of a subscription as they come. Closing the iterator is the client's disconnect."""
        body = _body(document, variables)
        sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        received.put_nowait({"type": "http.request", "body": body, "more_body": False})
        headers = self._headers(body) | {"accept": "text/event-stream", "content-length": str(len(body))}
        call = asyncio.create_task(self._app(_scope(headers), received.get, sent.put))
        try:
            buffer = b""
            while (message := await sent.get())["type"] != "http.response.body" or message.get("more_body"):
                buffer += message.get("body", b"")
                *events, buffer = buffer.split(b"\n\n")
                for event in events:
                    if event.startswith(b"event: next\ndata: "):
                        yield json.loads(event.partition(b"\ndata: ")[2])
        finally:
            received.put_nowait({"type": "http.disconnect"})
            await call

    def _headers(self, body: bytes) -> dict[str, str]:
        headers = {
            "content-type": "application/json",
            HEADER: self._signature.sign(self.authorization, body, time.time()),
        }
        return headers | ({"authorization": self.authorization} if self.authorization else {})


def _body(document: str, variables: dict[str, Any] | None) -> bytes:
    return msgspec.json.encode({"query": document, "variables": variables}, enc_hook=str)


def _scope(headers: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }


def as_asgi(app: Litestar) -> Any:
    """The same application, as httpx types it."""
    return app
