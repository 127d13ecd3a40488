"""Tokens that mean something to us alone: refresh tokens, invitations, API keys.

Each carries the id of its tenant in front of 256 random bits, so that who brings one is looked for in that
tenant alone; what is stored is a digest, from which no token can be made.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from enum import StrEnum
from uuid import UUID

import msgspec

_SECRET_BYTES = 32
_MAX_LENGTH = 128


class TokenKind(StrEnum):
    """The prefix by which a person, or a scanner for leaked secrets, tells what it is."""

    REFRESH = "trellis_refresh"
    INVITATION = "trellis_invite"
    API_KEY = "trellis_key"


class OpaqueToken(msgspec.Struct, frozen=True):
    """A token as its holder has it, whose tenant it is of, and the digest under which it is stored."""

    text: str
    tenant_id: UUID
    digest: bytes


def mint(kind: TokenKind, tenant_id: UUID) -> OpaqueToken:
    """A new token."""
    body = base64.urlsafe_b64encode(tenant_id.bytes + secrets.token_bytes(_SECRET_BYTES)).decode()
    text = f"{kind}_{body}"
    return OpaqueToken(text, tenant_id, _digest(text))


def read(kind: TokenKind, text: str) -> OpaqueToken | None:
    """The token that `text` spells; None for what cannot be one of this kind."""
    prefix = f"{kind}_"
    if len(text) > _MAX_LENGTH or not text.startswith(prefix):
        return None
    try:
        body = base64.b64decode(text.removeprefix(prefix), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(body) != len(UUID(int=0).bytes) + _SECRET_BYTES:
        return None
    return OpaqueToken(text, UUID(bytes=body[:16]), _digest(text))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
