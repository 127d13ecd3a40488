"""An issuer of EdDSA tokens with its keys at a real address."""

from __future__ import annotations

import json
import time
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm


class Issuer:
    """Keys by id. `is_down` makes the address answer with an error, `padding` with so many bytes more."""

    def __init__(self) -> None:
        self.keys: dict[str, Ed25519PrivateKey] = {}
        self.is_down = False
        self.padding = 0
        self.fetches = 0
        self.url = ""
        self.rotate("k1")

    def rotate(self, key_id: str) -> None:
        """A new key takes the place of all others."""
        self.keys = {key_id: Ed25519PrivateKey.generate()}

    def token(self, key_id: str | None = None, lifetime: float = 60, **claims: Any) -> str:
        key_id = key_id or next(iter(self.keys))
        payload = {"sub": "u1", "exp": time.time() + lifetime, **claims}
        return jwt.encode(payload, self.keys[key_id], algorithm="EdDSA", headers={"kid": key_id})

    def bearer(self, **options: Any) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token(**options)}"}

    def document(self) -> bytes:
        keys = [
            {**OKPAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": key_id, "use": "sig", "alg": "EdDSA"}
            for key_id, key in self.keys.items()
        ]
        return json.dumps({"keys": keys, "padding": "x" * self.padding}).encode()

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/jwks.json", self._handle)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/jwks.json"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _handle(self, _: web.Request) -> web.Response:
        self.fetches += 1
        if self.is_down:
            return web.Response(status=503)
        return web.Response(body=self.document(), content_type="application/json")
