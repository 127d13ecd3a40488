"""Stage: who asks. A token is verified or the request ends; without one it goes on as anonymous."""

from __future__ import annotations

import re
import time
from collections import OrderedDict

import jwt
from jwt import InvalidTokenError, PyJWKError

from router.gateway.context import Identity, RequestContext
from router.gateway.errors import NotReadyError, UnauthenticatedError
from router.gateway.jwks import KeySet, KeysUnavailableError

_LONGEST_TOKEN = 8_192
# Nothing else: decoders of base64 pass over other characters, so that one token would have endless spellings.
_JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)


class Authenticator:
    """Verifies EdDSA tokens. Verified ones are kept for a while: a signature costs far more than a look-up.

    `remember` is how long in seconds, less where a token expires: afterwards its key must still be there. `most` is
    how many are kept.
    """

    def __init__(
        self,
        keys: KeySet,
        issuer: str | None = None,
        audience: str | None = None,
        *,
        remember: float = 300.0,
        most: int = 10_000,
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._remember = remember
        self._most = most
        self._verified: OrderedDict[str, tuple[float, Identity]] = OrderedDict()

    @property
    def kept(self) -> int:
        """How many tokens are known at the moment."""
        return len(self._verified)

    async def __call__(self, context: RequestContext) -> None:
        """The stage."""
        authorization = context.headers.get("authorization")
        if authorization:
            context.identity = await self.identify(authorization)

    async def identify(self, authorization: str) -> Identity:
        """The identity of an `authorization` header. Raises UnauthenticatedError."""
        token = _token_of(authorization)
        kept_until, identity = self._verified.get(token, (0.0, None))
        if identity is not None and kept_until > time.time():
            self._verified.move_to_end(token)
            return identity
        self._verified.pop(token, None)
        identity = await self._verify(token)
        self._verified[token] = (min(identity.expires_at, time.time() + self._remember), identity)
        if len(self._verified) > self._most:
            self._verified.popitem(last=False)
        return identity

    async def _verify(self, token: str) -> Identity:
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


def _token_of(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    token = token.strip(" ")
    if scheme.lower() != "bearer" or len(token) > _LONGEST_TOKEN or not _JWT.fullmatch(token):
        raise UnauthenticatedError("the authorization header must hold a bearer token")
    return token
