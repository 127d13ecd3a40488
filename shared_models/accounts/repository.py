"""All SQL of accounts. Row-level security limits each statement to the tenant of the session's scope."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.accounts.models import (
    ApiKey,
    Invitation,
    LoginFailure,
    LoginSession,
    RefreshToken,
    SigningKey,
    Tenant,
    User,
)
from shared_models.kernel.database import scope_of
from shared_models.kernel.ids import parse_id
from shared_models.kernel.pagination import BadCursor, Page, decode_cursor, encode_cursor, page_of
from shared_models.kernel.tenancy import Tier

_ROTATION_LOCK = 7_255_101


class Login(msgspec.Struct, frozen=True):
    """What checking a password needs, before the tenant is known."""

    user_id: UUID
    tenant_id: UUID
    tier: Tier
    password_hash: str | None


async def find_login(session: AsyncSession, email: str) -> Login | None:
    """The account of an e-mail, whatever its tenant."""
    found = (await session.execute(text("SELECT * FROM find_login(:email)"), {"email": email})).one_or_none()
    return None if found is None else Login(found.user_id, found.tenant_id, Tier(found.tier), found.password_hash)


async def find_tenant(session: AsyncSession, name: str) -> tuple[UUID, Tier] | None:
    """The id and tier of the tenant of that name, whatever the session's own."""
    found = (await session.execute(text("SELECT * FROM find_tenant(:name)"), {"name": name})).one_or_none()
    return None if found is None else (found.tenant_id, Tier(found.tier))


async def add_tenant(session: AsyncSession, tenant: Tenant) -> bool:
    """Adds a tenant; False when its id or name is taken."""
    added = await session.execute(
        upsert(Tenant)
        .values(id=tenant.id, name=tenant.name, tier=tenant.tier)
        .on_conflict_do_nothing()
        .returning(Tenant.id)
    )
    return added.scalar_one_or_none() is not None


async def add_user(session: AsyncSession, user: User) -> bool:
    """Adds a user; False when its id or e-mail is taken, in whatever tenant."""
    added = await session.execute(
        upsert(User)
        .values(
            id=user.id,
            tenant_id=user.tenant_id,
            email=user.email,
            name=user.name,
            roles=user.roles,
            password_hash=user.password_hash,
        )
        .on_conflict_do_nothing()
        .returning(User.id)
    )
    return added.scalar_one_or_none() is not None


async def tenants_by_id(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Tenant]:
    """Those of the tenants that may be seen: at most one, the scope's own."""
    return {tenant.id: tenant for tenant in await session.scalars(select(Tenant).where(Tenant.id.in_(ids)))}


async def users_by_id(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, User]:
    """Those of the users who belong to the scope's tenant, each with it."""
    return {user.id: user for user in await session.scalars(select(User).where(User.id.in_(ids)))}


async def get_user(session: AsyncSession, user_id: UUID) -> User | None:
    """A user of the scope's tenant, with it."""
    return (await session.scalars(select(User).where(User.id == user_id))).one_or_none()


async def page_of_users(session: AsyncSession, size: int, after: str | None) -> Page[User]:
    """The tenant's users in the order of their ids, which is that of joining. Raises `BadInput`."""
    asked = select(User).order_by(User.id).limit(size + 1)
    if after is not None:
        last = parse_id(decode_cursor(after, 1)[0])
        if last is None:
            raise BadCursor
        asked = asked.where(User.id > last)
    return page_of(list(await session.scalars(asked)), size, lambda user: encode_cursor(str(user.id)))


async def count_users(session: AsyncSession) -> int:
    """How many users the tenant has."""
    return (await session.execute(select(func.count()).select_from(User))).scalar_one()


async def change_tier(session: AsyncSession, tenant_id: UUID, tier: Tier) -> bool:
    """Sets a tenant's tier; False when it has it already."""
    changed = await session.execute(
        update(Tenant).where(Tenant.id == tenant_id, Tenant.tier != tier).values(tier=tier).returning(Tenant.id)
    )
    return changed.scalar_one_or_none() is not None


async def set_password(session: AsyncSession, user_id: UUID, password_hash: str) -> None:
    """Replaces a user's password."""
    await session.execute(update(User).where(User.id == user_id).values(password_hash=password_hash))


async def add_invitation(session: AsyncSession, invitation: Invitation) -> None:
    """Records an invitation."""
    session.add(invitation)
    await session.flush()


async def take_invitation(session: AsyncSession, digest: bytes, now: datetime) -> UUID | None:
    """Uses an invitation up; returns whom it is for, or None when there is none that holds."""
    taken = await session.execute(delete(Invitation).where(Invitation.digest == digest).returning(Invitation))
    invitation = taken.scalar_one_or_none()
    return invitation.user_id if invitation is not None and invitation.expires_at > now else None


async def open_session(session: AsyncSession, login: LoginSession) -> None:
    """Records a log-in, and forgets those of the same user that nothing can follow from any more."""
    alive = select(RefreshToken.session_id).where(RefreshToken.expires_at > func.now())
    await session.execute(
        delete(LoginSession).where(LoginSession.user_id == login.user_id, LoginSession.id.not_in(alive))
    )
    session.add(login)
    await session.flush()


async def add_refresh_token(session: AsyncSession, token: RefreshToken) -> None:
    """Records a refresh token."""
    session.add(token)
    await session.flush()


async def lock_refresh_token(session: AsyncSession, digest: bytes) -> tuple[RefreshToken, LoginSession] | None:
    """A refresh token and its session, both locked: of two who bring it at once the second finds it used."""
    found = await session.execute(
        select(RefreshToken, LoginSession)
        .join(LoginSession, LoginSession.id == RefreshToken.session_id)
        .where(RefreshToken.digest == digest)
        .with_for_update()
    )
    row = found.one_or_none()
    return None if row is None else (row[0], row[1])


async def mark_used(session: AsyncSession, token: RefreshToken, now: datetime) -> None:
    """Marks a refresh token as exchanged."""
    await session.execute(update(RefreshToken).where(RefreshToken.digest == token.digest).values(used_at=now))


async def revoke_session(session: AsyncSession, session_id: UUID, now: datetime) -> None:
    """Makes all refresh tokens of a log-in worthless."""
    await session.execute(
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def add_api_key(session: AsyncSession, key: ApiKey) -> None:
    """Records an API key."""
    session.add(key)
    await session.flush()


async def revoke_api_key(session: AsyncSession, key_id: UUID, now: datetime) -> ApiKey | None:
    """Revokes an API key of the tenant, if that has not been done; None when there is no such key."""
    revoked = func.coalesce(ApiKey.revoked_at, now)
    changed = await session.execute(
        update(ApiKey).where(ApiKey.id == key_id).values(revoked_at=revoked).returning(ApiKey)
    )
    return changed.scalar_one_or_none()


async def holder_of_api_key(session: AsyncSession, digest: bytes) -> User | None:
    """Whose an API key is, unless it was revoked."""
    held = select(User).join(ApiKey, ApiKey.user_id == User.id)
    return (await session.scalars(held.where(ApiKey.digest == digest, ApiKey.revoked_at.is_(None)))).one_or_none()


async def count_failures(session: AsyncSession, subjects: Sequence[bytes], window: timedelta) -> dict[bytes, int]:
    """How often each subject has failed within the window; one that has not is left out."""
    counted = await session.execute(
        select(LoginFailure.subject, func.count().label("failures"))
        .where(LoginFailure.subject.in_(subjects), LoginFailure.failed_at > func.now() - window)
        .group_by(LoginFailure.subject)
    )
    return {row.subject: row.failures for row in counted}


async def add_failures(session: AsyncSession, subjects: Sequence[bytes], window: timedelta) -> None:
    """Records a failure of each subject, and forgets all that have left the window."""
    await session.execute(insert(LoginFailure), [{"subject": subject} for subject in subjects])
    await session.execute(delete(LoginFailure).where(LoginFailure.failed_at < func.now() - window))


async def forget_failures(session: AsyncSession, subject: bytes) -> None:
    """Clears a subject."""
    await session.execute(delete(LoginFailure).where(LoginFailure.subject == subject))


async def lock_signing_keys(session: AsyncSession) -> list[SigningKey]:
    """All signing keys; nobody else rotates until this transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(_ROTATION_LOCK)))
    return await signing_keys(session)


async def signing_keys(session: AsyncSession) -> list[SigningKey]:
    """All signing keys, oldest first."""
    return list(await session.scalars(select(SigningKey).order_by(SigningKey.signs_from, SigningKey.id)))


async def add_signing_key(session: AsyncSession, key: SigningKey) -> None:
    """Records a signing key."""
    session.add(key)
    await session.flush()


async def end_signing_key(session: AsyncSession, key: SigningKey, now: datetime) -> None:
    """Lets a key sign nothing more; what it signed stays good."""
    key.signs_until = now
    await session.flush()


async def delete_signing_key(session: AsyncSession, key: SigningKey) -> None:
    """Forgets a key: what it signed is worth nothing from now on."""
    await session.delete(key)
    await session.flush()


def tenant_of(session: AsyncSession) -> UUID:
    """The tenant that the session's scope is of."""
    tenant_id = scope_of(session).tenant_id
    if tenant_id is None:
        raise ValueError("this needs the scope of a tenant")
    return tenant_id
