"""Stage: who asks. A token is verified or the request ends; without one it goes on as anonymous."""

from __future__ import annotations

import time
from collections import OrderedDict

import jwt
from jwt import InvalidTokenError, PyJWKError

from router.gateway.context import Identity, RequestContext
from router.gateway.errors import NotReadyError, UnauthenticatedError
from router.gateway.jwks import KeySet, KeysUnavailableError

_MOST_TOKENS = 10_000
_LONGEST_TOKEN = 8_192


class Authenticator:
    """Verifies EdDSA tokens. Verified ones are kept until they expire: a signature costs far more than a look-up."""

    def __init__(self, keys: KeySet, issuer: str | None = None, audience: str | None = None) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._verified: OrderedDict[str, Identity] = OrderedDict()

    async def __call__(self, context: RequestContext) -> None:
        """The stage."""
        authorization = context.headers.get("authorization")
        if authorization:
            context.identity = await self.identify(authorization)

    async def identify(self, authorization: str) -> Identity:
        """The identity of an `authorization` header. Raises UnauthenticatedError."""
        known = self._verified.get(authorization)
        if known is not None:
            if known.expires_at > time.time():
                self._verified.move_to_end(authorization)
                return known
            del self._verified[authorization]
        identity = await self._verify(authorization)
        self._verified[authorization] = identity
        if len(self._verified) > _MOST_TOKENS:
            self._verified.popitem(last=False)
        return identity

    async def _verify(self, authorization: str) -> Identity:
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token or len(token) > _LONGEST_TOKEN:
            raise UnauthenticatedError("the authorization header must hold a bearer token")
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
            key = await self._keys.get(key_id) if isinstance(key_id, str) else None
            if key is None:
                raise UnauthenticatedError("the token is signed by an unknown key")
            claims = jwt.decode(
                token,
                key,
                algorithms=["EdDSA"],
                issuer=self._issuer,
                audience=self._audience,
                options={"require": ["exp"], "verify_aud": self._audience is not None},
            )
        except jwt.ExpiredSignatureError as error:
            raise UnauthenticatedError("the token has expired") from error
        except (InvalidTokenError, PyJWKError, ValueError) as error:
            raise UnauthenticatedError("the token is not valid") from error
        except KeysUnavailableError as error:
            raise NotReadyError("tokens cannot be verified at the moment", "KEYS_UNAVAILABLE") from error
        return Identity(claims, float(claims["exp"]))
