"""The public keys of whoever issues tokens: cached, refetched when a token names a key we do not know.

Keys stay in use while the issuer is down. Refetches have a minimum distance, so that forged tokens with
invented key ids cannot turn the router against the issuer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec
import structlog
from jwt import PyJWK, PyJWKError

logger = structlog.get_logger(__name__)

Fetch = Callable[[], Awaitable[bytes]]
"""Gets the JWKS document. Raises OSError or a subclass of Exception named by the client library."""

_decode = msgspec.json.Decoder(dict[str, object]).decode


class KeysUnavailableError(Exception):
    """There are no keys at all: the issuer has not answered once."""


class KeySet:
    """Keys by id. `minimum_age` and `maximum_age` are seconds between refetches: at least, and at most."""

    def __init__(self, fetch: Fetch, *, minimum_age: float = 1.0, maximum_age: float = 300.0) -> None:
        self._fetch = fetch
        self._minimum_age = minimum_age
        self._maximum_age = maximum_age
        self._keys: dict[str, PyJWK] = {}
        self._attempted_at: float | None = None
        self._lock = asyncio.Lock()
        self._refresh: asyncio.Task[None] | None = None

    async def get(self, key_id: str) -> PyJWK | None:
        """The key, refetching if it is not known. Raises KeysUnavailableError when there are none."""
        key = self._keys.get(key_id)
        if key is not None:
            if self._age() > self._maximum_age and (self._refresh is None or self._refresh.done()):
                # Old keys still serve; whether one was withdrawn is found out beside the request.
                self._refresh = asyncio.create_task(self._update())
            return key
        await self._update()
        if not self._keys:
            raise KeysUnavailableError
        return self._keys.get(key_id)

    def _age(self) -> float:
        return float("inf") if self._attempted_at is None else time.monotonic() - self._attempted_at

    async def _update(self) -> None:
        async with self._lock:
            if self._age() < self._minimum_age:
                return
            try:
                found = read_keys(await self._fetch())
            except Exception as error:  # whatever the issuer does, the keys we have stay
                logger.warning("jwks.fetch_failed", error=type(error).__name__, kept=len(self._keys))
                return
            finally:
                # Not before: those who waited for a slow failure would each wait for one more.
                self._attempted_at = time.monotonic()
            if found:
                self._keys = found


def read_keys(document: bytes) -> dict[str, PyJWK]:
    """The usable Ed25519 keys of a JWKS document by id. Raises msgspec.DecodeError."""
    keys: dict[str, PyJWK] = {}
    listed = _decode(document).get("keys")
    for item in listed if isinstance(listed, list) else ():
        if not isinstance(item, dict) or not isinstance(item.get("kid"), str) or item.get("kty") != "OKP":
            continue
        try:
            keys[item["kid"]] = PyJWK(item, algorithm="EdDSA")
        except PyJWKError:
            continue
    return keys
