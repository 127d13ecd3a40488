"""The router's signature: a subgraph answers its router and nobody else.

`x-trellis-signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<subgraph>.<authorization>." + body>`. The
subgraph's name is in it, so that what was meant for one is worth nothing at another.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from shared_models.kernel.errors import TrellisError
from shared_models.kernel.secrets import derive

HEADER = "x-trellis-signature"
#: How far the two clocks and the way between may lie apart.
MAX_AGE_SECONDS = 60

_SHAPE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


class RouterSignatureInvalid(TrellisError):
    """The request does not come from the router, or not now, or not for this subgraph."""

    code = "ROUTER_SIGNATURE_INVALID"


class RouterSignature:
    """Signs and verifies the requests that the router makes to one subgraph."""

    def __init__(self, secret: str, subgraph: str) -> None:
        """`secret` is the deployment's master secret; router and subgraphs derive the same key from it."""
        self._key = derive(secret, "router-signature").encode()
        self._subgraph = subgraph

    def sign(self, authorization: str, body: bytes, now: float) -> str:
        """The header's value for a request at `now` (Unix seconds)."""
        at = int(now)
        return f"t={at},v1={self._digest(at, authorization, body)}"

    def verify(self, header: str, authorization: str, body: bytes, now: float) -> None:
        """Raises `RouterSignatureInvalid` unless `header` signs exactly this request, at most 60 s ago."""
        shape = _SHAPE.fullmatch(header)
        if shape is None:
            raise RouterSignatureInvalid("This address answers the router alone.")
        at = int(shape[1])
        if not hmac.compare_digest(self._digest(at, authorization, body), shape[2]):
            raise RouterSignatureInvalid("The router's signature does not hold.")
        if abs(now - at) > MAX_AGE_SECONDS:
            raise RouterSignatureInvalid("The router's signature is too old.")

    def _digest(self, at: int, authorization: str, body: bytes) -> str:
        signed = f"{at}.{self._subgraph}.{authorization}.".encode("latin-1", "replace") + body
        return hmac.new(self._key, signed, hashlib.sha256).hexdigest()
