"""What can be done to accounts."""

from __future__ import annotations

import strawberry

from shared_models.accounts import checks, service
from shared_models.accounts.authentication import Authentication, SignUp
from shared_models.kernel.identity import Role
from shared_models.kernel.ids import parse_id
from subgraphs.accounts import payloads as p
from subgraphs.accounts.desk import desk_of
from subgraphs.accounts.types import ApiKey, Tenant, User
from subgraphs.edge.context import Info
from subgraphs.edge.payloads import payload


@strawberry.type
class Mutation:
    """Accounts' part of the mutation type."""

    @strawberry.mutation
    @payload(p.LogInPayload)
    async def log_in(self, info: Info, input: p.LogInInput) -> p.LogInPayload:
        """Tokens for an e-mail address and a password."""
        return p.LogInPayload.of(
            await _authentication(info).log_in(input.email, input.password, info.context.client_address)
        )

    @strawberry.mutation
    @payload(p.LogInPayload)
    async def refresh_session(self, info: Info, input: p.RefreshSessionInput) -> p.LogInPayload:
        """New tokens for a refresh token, which is worth nothing afterwards."""
        return p.LogInPayload.of(await _authentication(info).refresh(input.refresh_token))

    @strawberry.mutation
    @payload(p.LogOutPayload)
    async def log_out(self, info: Info, input: p.LogOutInput) -> p.LogOutPayload:
        """Ends a session; its access token lives on for a quarter of an hour at most."""
        return p.LogOutPayload(logged_out=await _authentication(info).log_out(input.refresh_token))

    @strawberry.mutation
    @payload(p.LogInPayload)
    async def sign_up(self, info: Info, input: p.SignUpInput) -> p.LogInPayload:
        """A new tenant and its owner, who is logged in."""
        asked = SignUp(
            tenant_name=checks.checked_name(input.tenant_name, "tenantName"),
            email=checks.normalised_email(input.email),
            password=checks.checked_password(input.password),
            name=checks.checked_name(input.name),
        )
        return p.LogInPayload.of(await _authentication(info).sign_up(asked))

    @strawberry.mutation
    @payload(p.InviteUserPayload)
    async def invite_user(self, info: Info, input: p.InviteUserInput) -> p.InviteUserPayload:
        """A new user of the caller's tenant; for its OWNER."""
        info.context.require(Role.OWNER)
        email, name = checks.normalised_email(input.email), checks.checked_name(input.name)
        async with info.context.transaction() as session:
            user, invitation = await service.invite(session, email, name, set(input.roles))
        return p.InviteUserPayload(user=User.of(user), invitation=invitation.text)

    @strawberry.mutation
    @payload(p.LogInPayload)
    async def accept_invitation(self, info: Info, input: p.AcceptInvitationInput) -> p.LogInPayload:
        """Sets the first password of an invited user, who is logged in."""
        password = checks.checked_password(input.password)
        return p.LogInPayload.of(await _authentication(info).accept_invitation(input.invitation, password))

    @strawberry.mutation
    @payload(p.ChangeTierPayload)
    async def change_tier(self, info: Info, input: p.ChangeTierInput) -> p.ChangeTierPayload:
        """Moves the caller's tenant to another tier; for its OWNER. The next access token says so."""
        info.context.require(Role.OWNER)
        async with info.context.transaction() as session:
            tenant = await service.change_tier(session, input.tier)
        return p.ChangeTierPayload(tenant=Tenant.of(tenant))

    @strawberry.mutation
    @payload(p.CreateApiKeyPayload)
    async def create_api_key(self, info: Info, input: p.CreateApiKeyInput) -> p.CreateApiKeyPayload:
        """A key for programs that act as the caller, an OWNER or STAFF."""
        caller = info.context.require(Role.STAFF)
        name = checks.checked_name(input.name)
        async with info.context.transaction() as session:
            key, secret = await service.create_api_key(session, caller.user_id, name)
        return p.CreateApiKeyPayload(api_key=ApiKey.of(key), secret=secret.text)

    @strawberry.mutation
    @payload(p.RevokeApiKeyPayload)
    async def revoke_api_key(self, info: Info, input: p.RevokeApiKeyInput) -> p.RevokeApiKeyPayload:
        """Revokes any key of the tenant; for its OWNER."""
        info.context.require(Role.OWNER)
        async with info.context.transaction() as session:
            key = await service.revoke_api_key(session, parse_id(input.id))
        return p.RevokeApiKeyPayload(api_key=ApiKey.of(key))

    @strawberry.mutation
    @payload(p.ExchangeApiKeyPayload)
    async def exchange_api_key(self, info: Info, input: p.ExchangeApiKeyInput) -> p.ExchangeApiKeyPayload:
        """An access token for an API key."""
        return p.ExchangeApiKeyPayload(access_token=await _authentication(info).exchange_api_key(input.api_key))


def _authentication(info: Info) -> Authentication:
    return desk_of(info.context.services).authentication
