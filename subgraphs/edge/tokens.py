"""Access tokens: from an Authorization header to who asks."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from uuid import UUID

import jwt
import msgspec

from shared_models.kernel.errors import Unauthenticated
from shared_models.kernel.identity import AUDIENCE, ISSUER, Identity, Role
from shared_models.kernel.tenancy import Tier
from subgraphs.edge.keys import KeySource

#: The one algorithm. What a token's own header asks for is never believed.
ALGORITHM = "EdDSA"

_CACHE_SIZE = 8192
#: How long a verified token is good without another look at its key: one that is withdrawn takes its tokens along.
_REMEMBER_SECONDS = 300.0
_MAX_TOKEN_LENGTH = 8192
# Nothing else: decoders of base64 pass over other characters, so that one token would have endless spellings.
_JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_REQUIRED = ["exp", "iat", "iss", "aud", "sub"]
_KNOWN_ROLES = frozenset(Role)


class VerifiedToken(msgspec.Struct, frozen=True):
    """A token that holds: who it speaks for, and until when (Unix seconds)."""

    identity: Identity
    expires_at: float


class _Claims(msgspec.Struct, frozen=True):
    sub: UUID
    tid: UUID
    tier: Tier
    roles: list[str]
    email: str
    exp: float


class TokenVerifier:
    """Verifies tokens, and remembers those that hold for `remember` seconds at most (the last 8,192 used)."""

    def __init__(self, keys: KeySource, *, remember: float = _REMEMBER_SECONDS) -> None:
        self._keys = keys
        self._remember = remember
        self._verified: OrderedDict[str, tuple[float, VerifiedToken]] = OrderedDict()

    async def authenticate(self, authorization: str) -> VerifiedToken | None:
        """Who an Authorization header speaks for; None for an empty one. Raises `Unauthenticated`."""
        if not authorization:
            return None
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("The Authorization header must read `Bearer <access token>`.")
        return await self.verify(token)

    async def verify(self, token: str) -> VerifiedToken:
        """Who a token speaks for. Raises `Unauthenticated`, or `KeysUnavailable` while that cannot be told."""
        kept_until, known = self._verified.get(token, (0.0, None))
        if known is not None and kept_until > time.time():
            self._verified.move_to_end(token)
            return known
        self._verified.pop(token, None)
        verified = await self._verify(token)
        self._verified[token] = (min(verified.expires_at, time.time() + self._remember), verified)
        if len(self._verified) > _CACHE_SIZE:
            self._verified.popitem(last=False)
        return verified

    async def close(self) -> None:
        """Gives back what the source of keys holds open."""
        await self._keys.close()

    async def _verify(self, token: str) -> VerifiedToken:
        if len(token) > _MAX_TOKEN_LENGTH or not _JWT.fullmatch(token):
            raise Unauthenticated("The access token is not valid.")
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
            key = await self._keys.find(key_id) if isinstance(key_id, str) else None
            if key is None:
                raise Unauthenticated("The access token is signed by a key that is not known here.")
            claims = msgspec.convert(
                jwt.decode(
                    token,
                    key,
                    algorithms=[ALGORITHM],
                    audience=AUDIENCE,
                    issuer=ISSUER,
                    options={"require": _REQUIRED},
                ),
                _Claims,
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("The access token has expired.") from None
        except (jwt.PyJWTError, msgspec.ValidationError, ValueError):
            raise Unauthenticated("The access token is not valid.") from None
        roles = frozenset(Role(role) for role in claims.roles if role in _KNOWN_ROLES)
        return VerifiedToken(Identity(claims.sub, claims.tid, claims.tier, roles, claims.email), claims.exp)
