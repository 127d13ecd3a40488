"""The public keys that verify access tokens, as accounts publishes them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Protocol

import aiohttp
import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt import PyJWK, PyJWTError

from shared_models.kernel.errors import TrellisError

log = structlog.get_logger()

_TIMEOUT = aiohttp.ClientTimeout(total=3.0)


class KeysUnavailable(TrellisError):
    """No key is known yet and accounts does not answer: the token may well be good."""

    code = "SERVICE_UNAVAILABLE"


class KeySource(Protocol):
    """Finds the key that a token names."""

    async def find(self, key_id: str) -> Ed25519PublicKey | None:
        """The key, or None when there is no such key; raises `KeysUnavailable` when that cannot be known."""
        ...

    async def close(self) -> None:
        """Gives back what the source holds open."""
        ...


class StaticKeys:
    """The keys of one JWKS document."""

    def __init__(self, jwks: Mapping[str, Any]) -> None:
        self._keys = parse_jwks(jwks)

    async def find(self, key_id: str) -> Ed25519PublicKey | None:
        return self._keys.get(key_id)

    async def close(self) -> None:
        pass


class RemoteKeys:
    """The keys at a JWKS address, fetched when one is missing and renewed behind the scenes every `max_age` seconds.

    An unknown key id causes a fetch at most every `refetch` seconds, shared by all who wait for it. While
    accounts is down, the keys that are known stay good.
    """

    def __init__(self, url: str, *, max_age: float = 300.0, refetch: float = 5.0) -> None:
        self._url = url
        self._max_age = max_age
        self._refetch = refetch
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._fetched_at = -max_age
        self._tried_at = -refetch
        self._fetch: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None

    async def find(self, key_id: str) -> Ed25519PublicKey | None:
        now = time.monotonic()
        known = self._keys.get(key_id)
        if known is not None and now - self._fetched_at < self._max_age:
            return known
        fetch = self._start_fetch(now)
        if known is None and fetch is not None:
            await asyncio.shield(fetch)
            known = self._keys.get(key_id)
        if known is None and not self._keys:
            raise KeysUnavailable("Access tokens cannot be verified at the moment.")
        return known

    async def close(self) -> None:
        if self._fetch is not None:
            self._fetch.cancel()
        if self._session is not None:
            await self._session.close()

    def _start_fetch(self, now: float) -> asyncio.Task[None] | None:
        """The fetch under way, or a new one; None when the last one is too recent to ask again."""
        if self._fetch is not None and not self._fetch.done():
            return self._fetch
        if now - self._tried_at < self._refetch:
            return None
        self._tried_at = now
        self._fetch = asyncio.create_task(self._refresh(), name="jwks-fetch")
        return self._fetch

    async def _refresh(self) -> None:
        try:
            self._session = self._session or aiohttp.ClientSession(timeout=_TIMEOUT)
            async with self._session.get(self._url) as response:
                response.raise_for_status()
                self._keys = parse_jwks(msgspec.json.decode(await response.read()))
            self._fetched_at = time.monotonic()
        except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError, ValueError) as error:
            log.warning("jwks.unavailable", url=self._url, error=repr(error))


def parse_jwks(jwks: Mapping[str, Any]) -> dict[str, Ed25519PublicKey]:
    """The Ed25519 keys of a JWKS document by key id; others are passed over. Raises `ValueError` for no JWKS."""
    entries = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(entries, list):
        raise ValueError("not a JWKS document")  # noqa: TRY004 -- the content is wrong, not a caller's type
    keys: dict[str, Ed25519PublicKey] = {}
    for entry in entries:
        if not isinstance(entry, dict) or entry.get("crv") != "Ed25519" or not isinstance(entry.get("kid"), str):
            continue
        try:
            key = PyJWK.from_dict(entry, algorithm="EdDSA").key
        except PyJWTError as error:
            log.warning("jwks.key_unreadable", key_id=entry["kid"], error=repr(error))
            continue
        if isinstance(key, Ed25519PublicKey):
            keys[entry["kid"]] = key
    return keys
