"""What happens to tenants and their users. Each function is part of a transaction of the tenant it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.accounts import repository
from shared_models.accounts.events import TenantCreated, TierChanged, UserJoined
from shared_models.accounts.models import ApiKey, Invitation, Tenant, User
from shared_models.accounts.opaque_tokens import OpaqueToken, TokenKind, mint
from shared_models.kernel.errors import UserError
from shared_models.kernel.identity import Role
from shared_models.kernel.ids import new_id
from shared_models.kernel.mesh import emit
from shared_models.kernel.tenancy import Tier

INVITATION_LIFETIME = timedelta(days=7)


async def create_tenant(session: AsyncSession, name: str, tier: Tier) -> Tenant:
    """Creates the tenant of the session's scope. Raises `UserError` TENANT_NAME_TAKEN."""
    tenant = Tenant(id=repository.tenant_of(session), name=name, tier=tier)
    if not await repository.add_tenant(session, tenant):
        raise UserError("TENANT_NAME_TAKEN", "There is a tenant of this name already.", ["tenantName"])
    await emit(session, TenantCreated(tenant_id=tenant.id, tenant_name=name, tier=tier))
    return tenant


async def add_user(session: AsyncSession, email: str, name: str, roles: set[Role], password_hash: str | None) -> User:
    """Adds a user to the scope's tenant. Raises `UserError` EMAIL_TAKEN, also for another tenant's user."""
    user = User(
        id=new_id(),
        tenant_id=repository.tenant_of(session),
        email=email,
        name=name,
        roles=[str(role) for role in sorted(roles)],
        password_hash=password_hash,
    )
    return await _join(session, user)


async def seed_owner(session: AsyncSession, tenant: Tenant, owner: User) -> bool:
    """Creates a tenant and its owner under the ids they bring; False, and nothing done, when they exist."""
    if not await repository.add_tenant(session, tenant):
        return False
    await emit(session, TenantCreated(tenant_id=tenant.id, tenant_name=tenant.name, tier=tenant.tier))
    await _join(session, owner)
    return True


async def invite(session: AsyncSession, email: str, name: str, roles: set[Role]) -> tuple[User, OpaqueToken]:
    """Adds a user who cannot log in until they bring the invitation. Raises `UserError` EMAIL_TAKEN or REQUIRED."""
    if not roles:
        raise UserError("REQUIRED", "A user has at least one role.", ["roles"])
    user = await add_user(session, email, name, roles, None)
    token = mint(TokenKind.INVITATION, user.tenant_id)
    await repository.add_invitation(
        session,
        Invitation(
            digest=token.digest,
            tenant_id=user.tenant_id,
            user_id=user.id,
            expires_at=datetime.now(UTC) + INVITATION_LIFETIME,
        ),
    )
    return user, token


async def accept_invitation(session: AsyncSession, token: OpaqueToken, password_hash: str) -> User | None:
    """Sets the first password of whom the invitation is for; None when it does not hold. It holds once."""
    user_id = await repository.take_invitation(session, token.digest, datetime.now(UTC))
    if user_id is None:
        return None
    await repository.set_password(session, user_id, password_hash)
    return await repository.get_user(session, user_id)


async def change_tier(session: AsyncSession, tier: Tier) -> Tenant:
    """Moves the scope's tenant to a tier. Access tokens issued before say the old one until they expire."""
    tenant_id = repository.tenant_of(session)
    if await repository.change_tier(session, tenant_id, tier):
        await emit(session, TierChanged(tenant_id=tenant_id, tier=tier))
    return (await repository.tenants_by_id(session, [tenant_id]))[tenant_id]


async def create_api_key(session: AsyncSession, user_id: UUID, name: str) -> tuple[ApiKey, OpaqueToken]:
    """A key with which programs act as the user. Its text is known now and never again."""
    token = mint(TokenKind.API_KEY, repository.tenant_of(session))
    key = ApiKey(id=new_id(), tenant_id=token.tenant_id, user_id=user_id, name=name, digest=token.digest)
    await repository.add_api_key(session, key)
    return key, token


async def revoke_api_key(session: AsyncSession, key_id: UUID | None) -> ApiKey:
    """Revokes a key of the tenant; again is the same as once. Raises `UserError` NOT_FOUND."""
    key = None if key_id is None else await repository.revoke_api_key(session, key_id, datetime.now(UTC))
    if key is None:
        raise UserError("NOT_FOUND", "There is no such API key.", ["id"])
    return key


async def _join(session: AsyncSession, user: User) -> User:
    if not await repository.add_user(session, user):
        raise UserError("EMAIL_TAKEN", "There is an account for this e-mail address already.", ["email"])
    await emit(session, UserJoined(user_id=user.id, roles=user.roles))
    joined = await repository.get_user(session, user.id)
    if joined is None:
        raise RuntimeError(f"user {user.id} is not visible to the tenant it was added to")
    return joined
