"""The router's signature on each request, by which a subgraph knows that no one went around the router."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

HEADER = "x-trellis-signature"


def derive_key(secret: str) -> bytes:
    """The signing key out of the master secret: hex HMAC-SHA256 of the label, as bytes."""
    return hmac.new(secret.encode(), b"router-signature", hashlib.sha256).hexdigest().encode()


def sign(key: bytes, at: int, subgraph: str, authorization: str, body: Iterable[bytes]) -> str:
    """The header's value; `at` in Unix seconds. It covers who is asked, on whose behalf, and what: the whole body as it
    is sent, files included, so that a subgraph verifies every request in the same way."""
    digest = hmac.new(key, f"{at}.{subgraph}.{authorization}.".encode(), hashlib.sha256)
    for chunk in body:
        digest.update(chunk)
    return f"t={at},v1={digest.hexdigest()}"
