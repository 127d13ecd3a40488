"""Log-in sessions: a refresh token that is exchanged for the next one at each use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.accounts import repository
from shared_models.accounts.events import UserLoggedIn
from shared_models.accounts.models import LoginSession, RefreshToken, User
from shared_models.accounts.opaque_tokens import OpaqueToken, TokenKind, mint
from shared_models.kernel.ids import new_id
from shared_models.kernel.mesh import emit

log = structlog.get_logger()

REFRESH_LIFETIME = timedelta(days=30)


async def start(session: AsyncSession, user: User) -> OpaqueToken:
    """Starts a session of somebody who has proved who they are; returns its first refresh token."""
    login = LoginSession(id=new_id(), tenant_id=user.tenant_id, user_id=user.id)
    await repository.open_session(session, login)
    await emit(session, UserLoggedIn(user_id=user.id))
    return await _next_token(session, login)


async def rotate(session: AsyncSession, token: OpaqueToken) -> tuple[User, OpaqueToken] | None:
    """Exchanges a refresh token for the next one; None when it is worth nothing.

    One that was used before has been stolen, or its successor has: the whole session is revoked, so this
    must be committed even when the answer is None.
    """
    now = datetime.now(UTC)
    found = await repository.lock_refresh_token(session, token.digest)
    if found is None:
        return None
    stored, login = found
    if stored.used_at is not None:
        log.warning("accounts.refresh_token_reused", session_id=str(login.id), user_id=str(login.user_id))
        await repository.revoke_session(session, login.id, now)
        return None
    user = await repository.get_user(session, login.user_id)
    if user is None or login.revoked_at is not None or stored.expires_at <= now:
        return None
    await repository.mark_used(session, stored, now)
    return user, await _next_token(session, login)


async def end(session: AsyncSession, token: OpaqueToken) -> bool:
    """Ends the session that a refresh token is of; False when there is none."""
    found = await repository.lock_refresh_token(session, token.digest)
    if found is None:
        return False
    await repository.revoke_session(session, found[1].id, datetime.now(UTC))
    return True


async def _next_token(session: AsyncSession, login: LoginSession) -> OpaqueToken:
    token = mint(TokenKind.REFRESH, login.tenant_id)
    await repository.add_refresh_token(
        session,
        RefreshToken(
            digest=token.digest,
            tenant_id=login.tenant_id,
            session_id=login.id,
            expires_at=datetime.now(UTC) + REFRESH_LIFETIME,
        ),
    )
    return token
