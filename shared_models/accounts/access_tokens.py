"""Access tokens: who asks, signed, for a quarter of an hour."""

from __future__ import annotations

from datetime import datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared_models.accounts.models import User
from shared_models.kernel.identity import AUDIENCE, ISSUER
from shared_models.kernel.ids import new_id

ACCESS_LIFETIME = timedelta(minutes=15)


def issue(key_id: str, key: Ed25519PrivateKey, user: User, now: datetime) -> str:
    """A JWT with the claims that `Identity` is read from: an EdDSA signature, the key's id in its header."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(user.id),
        "tid": str(user.tenant_id),
        "tier": str(user.tenant.tier),
        "roles": user.roles,
        "email": user.email,
        "iat": now,
        "exp": now + ACCESS_LIFETIME,
        "jti": str(new_id()),
    }
    return jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": key_id})
