"""What accounts' mutations take and give."""

from __future__ import annotations

import strawberry

from shared_models.accounts.authentication import Admission
from shared_models.kernel.identity import Role
from shared_models.kernel.tenancy import Tier
from subgraphs.accounts.types import ApiKey, Tenant, User
from subgraphs.edge.payloads import Payload


@strawberry.input
class LogInInput:
    """By what somebody logs in."""

    email: str
    password: str


@strawberry.input
class SignUpInput:
    """A new tenant and its owner."""

    tenant_name: str
    email: str
    password: str
    name: str


@strawberry.input
class RefreshSessionInput:
    """The refresh token of the last log-in or refresh."""

    refresh_token: str


@strawberry.input
class LogOutInput:
    """The refresh token of the session that ends."""

    refresh_token: str


@strawberry.input
class InviteUserInput:
    """Who joins the caller's tenant."""

    email: str
    name: str
    roles: list[Role]


@strawberry.input
class AcceptInvitationInput:
    """The invitation, and the password by which to log in from now on."""

    invitation: str
    password: str


@strawberry.input
class ChangeTierInput:
    """The tier to move the caller's tenant to."""

    tier: Tier


@strawberry.input
class CreateApiKeyInput:
    """What the key is for."""

    name: str


@strawberry.input
class RevokeApiKeyInput:
    """Which key is revoked."""

    id: strawberry.ID


@strawberry.input
class ExchangeApiKeyInput:
    """The key as it was shown when it was made."""

    api_key: str


@strawberry.type
class LogInPayload(Payload):
    """Tokens, and whose they are; nulls when somebody is not let in."""

    access_token: str | None = None
    refresh_token: str | None = None
    user: User | None = None

    @classmethod
    def of(cls, admission: Admission) -> LogInPayload:
        """Of somebody who is in."""
        return cls(
            access_token=admission.access_token,
            refresh_token=admission.refresh_token,
            user=User.of(admission.user),
        )


@strawberry.type
class LogOutPayload(Payload):
    """Whether there was a session to end."""

    logged_out: bool | None = None


@strawberry.type
class InviteUserPayload(Payload):
    """The new user, and the invitation to hand to them: shown here and never again."""

    user: User | None = None
    invitation: str | None = None


@strawberry.type
class ChangeTierPayload(Payload):
    """The tenant as it is now."""

    tenant: Tenant | None = None


@strawberry.type
class CreateApiKeyPayload(Payload):
    """The key and its text, which is shown here and never again."""

    api_key: ApiKey | None = None
    secret: str | None = None


@strawberry.type
class RevokeApiKeyPayload(Payload):
    """The revoked key."""

    api_key: ApiKey | None = None


@strawberry.type
class ExchangeApiKeyPayload(Payload):
    """An access token of the user whose key it is."""

    access_token: str | None = None
