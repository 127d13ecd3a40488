"""Callers who are nobody, or not who they say."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared_models.accounts.keyring import KeyRing
from shared_models.kernel.database import Database, database_url
from tests.support.platform import Platform
from tests.system.bad_input.caller import Caller

ME = "{ me { id } }"


@pytest.fixture(scope="module")
async def signing_key(platform: Platform) -> AsyncIterator[tuple[str, Ed25519PrivateKey]]:
    """The key that signs the platform's tokens now, and its id."""
    settings = platform.settings()
    database = Database("accounts", database_url(settings, "accounts"), pool_size=1)
    yield await KeyRing(database, settings.secret.get_secret_value()).signer()
    await database.close()


def claims_of(token: str | None) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token or "", options={"verify_signature": False})
    return claims


def base64url(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("query", ["{ orders { totalCount } }", "{ me { id email } users { totalCount } }"])
async def test_without_a_token_nothing_is_told(nobody: Caller, query: str) -> None:
    answer = await nobody.send({"query": query})
    assert set(answer.codes) <= {"UNAUTHENTICATED", "FORBIDDEN"}
    assert not answer.json.get("data") or not any(answer.json["data"].values())


@pytest.mark.usefixtures("unchanged")
async def test_without_a_token_nothing_is_ordered(nobody: Caller) -> None:
    answer = await nobody.place(("71053", 1))
    assert answer.codes == ["UNAUTHENTICATED"]


@pytest.mark.usefixtures("unchanged")
async def test_a_token_that_proves_nothing_is_refused(
    caller: Caller, signing_key: tuple[str, Ed25519PrivateKey]
) -> None:
    key_id, key = signing_key
    now = datetime.now(UTC)
    claims = claims_of(caller.token)
    good = jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": key_id})
    assert (await caller.send({"query": ME}, authorization=f"Bearer {good}")).status == 200
    head, _, signature = good.split(".")
    forged = {
        "expired": jwt.encode(
            claims | {"iat": now - timedelta(hours=2), "exp": now - timedelta(hours=1)},
            key,
            algorithm="EdDSA",
            headers={"kid": key_id},
        ),
        "unsigned": f"{base64url({'alg': 'none', 'typ': 'JWT', 'kid': key_id})}.{good.split('.')[1]}.",
        "another key": jwt.encode(claims, Ed25519PrivateKey.generate(), algorithm="EdDSA", headers={"kid": key_id}),
        "an unknown key": jwt.encode(claims, Ed25519PrivateKey.generate(), algorithm="EdDSA", headers={"kid": "mine"}),
        "the public key as a secret": jwt.encode(
            claims, key.public_key().public_bytes_raw(), algorithm="HS256", headers={"kid": key_id}
        ),
        "changed": f"{head}.{base64url(claims | {'tid': str(uuid4())})}.{signature}",
        "another audience": jwt.encode(claims | {"aud": "other"}, key, algorithm="EdDSA", headers={"kid": key_id}),
        "no token": "nonsense",
        "too long": "x" * 20_000,
    }
    for name, token in forged.items():
        answer = await caller.send({"query": ME}, authorization=f"Bearer {token}")
        assert (name, answer.status, answer.codes) == (name, 401, ["UNAUTHENTICATED"])


@pytest.mark.usefixtures("unchanged")
async def test_a_signed_token_of_no_tenant_sees_nothing(
    caller: Caller, signing_key: tuple[str, Ed25519PrivateKey]
) -> None:
    key_id, key = signing_key
    stray = claims_of(caller.token) | {"tid": str(uuid4()), "sub": str(uuid4())}
    token = jwt.encode(stray, key, algorithm="EdDSA", headers={"kid": key_id})
    answer = await caller.send({"query": "{ orders { totalCount } }"}, authorization=f"Bearer {token}")
    assert answer.json == {"data": {"orders": {"totalCount": 0}}}
