"""Who asks: what an access token says, the same for every domain."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

import msgspec

from shared_models.kernel.tenancy import Lane, Scope, Tier

#: `iss` and `aud` of every access token.
ISSUER = "trellis"
AUDIENCE = "trellis"


class Role(StrEnum):
    """What a person may do within their tenant; OWNER may everything."""

    OWNER = "OWNER"
    STAFF = "STAFF"
    AUDITOR = "AUDITOR"


class Identity(msgspec.Struct, frozen=True):
    """A verified caller. Claims on the wire: sub, tid, tier, roles, email."""

    user_id: UUID
    tenant_id: UUID
    tier: Tier
    roles: frozenset[Role]
    email: str

    def scope(self) -> Scope:
        """The scope of the caller's own work: their tenant, in the lane of its tier."""
        return Scope(self.tenant_id, Lane.of_tier(self.tier), self.user_id, self.tier)
