"""From a password, a refresh token, an invitation or an API key to an access token.

Each way runs several short transactions, since passwords are checked outside of them and a failure has to be
kept when the attempt is refused.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from shared_models.accounts import access_tokens, repository, service, sessions, throttle
from shared_models.accounts.checks import MAX_EMAIL, MAX_PASSWORD
from shared_models.accounts.keyring import KeyRing
from shared_models.accounts.models import User
from shared_models.accounts.opaque_tokens import OpaqueToken, TokenKind, read
from shared_models.accounts.passwords import Passwords
from shared_models.accounts.throttle import Subjects
from shared_models.kernel.database import Database
from shared_models.kernel.errors import UserError
from shared_models.kernel.identity import Role
from shared_models.kernel.ids import new_id
from shared_models.kernel.tenancy import Lane, Scope, Tier

_PLATFORM = Scope(tenant_id=None)


class Admission(msgspec.Struct, frozen=True):
    """Somebody is in: who, the token for the next quarter of an hour, and the one to get the next by."""

    user: User
    access_token: str
    refresh_token: str


class SignUp(msgspec.Struct, frozen=True):
    """A new tenant and its owner, checked and normalised."""

    tenant_name: str
    email: str
    password: str
    name: str


class Authentication:
    """All ways in."""

    def __init__(self, database: Database, passwords: Passwords, ring: KeyRing) -> None:
        self._database = database
        self._passwords = passwords
        self._ring = ring

    async def log_in(self, email: str, password: str, address: str | None) -> Admission:
        """By password. Raises `UserError` INVALID_CREDENTIALS or TOO_MANY_ATTEMPTS.

        Who has no account gets the same answer after the same time as who has one and not its password.
        `address` is the client's, None when it is not known.
        """
        email = email.strip().lower()
        if len(email) > MAX_EMAIL or len(password) > MAX_PASSWORD or "\x00" in email:
            raise _invalid_credentials()
        subjects = Subjects.of(email, address)
        async with self._database.transaction(_PLATFORM) as session:
            await throttle.check(session, subjects)
            login = await repository.find_login(session, email)
        right, better_hash = await self._passwords.verify(password, login.password_hash if login else None)
        async with self._database.transaction(_PLATFORM) as session:
            # Again: many guesses may have been checked while this one waited.
            await throttle.check(session, subjects)
            if right:
                await throttle.forgive(session, subjects)
            else:
                await throttle.record_failure(session, subjects)
        if login is None or not right:
            raise _invalid_credentials()
        scope = Scope(login.tenant_id, Lane.of_tier(login.tier), login.user_id, login.tier)
        async with self._database.transaction(scope) as session:
            if better_hash is not None:
                await repository.set_password(session, login.user_id, better_hash)
            user = await repository.get_user(session, login.user_id)
            if user is None:
                raise _invalid_credentials()
            refresh = await sessions.start(session, user)
        return await self._admit(user, refresh)

    async def refresh(self, refresh_token: str) -> Admission:
        """By refresh token, which is exchanged for the next. Raises `UserError` INVALID_REFRESH_TOKEN."""
        token = read(TokenKind.REFRESH, refresh_token)
        rotated = None
        if token is not None:
            async with self._database.transaction(Scope(token.tenant_id)) as session:
                rotated = await sessions.rotate(session, token)
        if rotated is None:
            raise UserError("INVALID_REFRESH_TOKEN", "This session has ended. Log in again.", ["refreshToken"])
        return await self._admit(*rotated)

    async def log_out(self, refresh_token: str) -> bool:
        """Ends the session of a refresh token; False when there is none."""
        token = read(TokenKind.REFRESH, refresh_token)
        if token is None:
            return False
        async with self._database.transaction(Scope(token.tenant_id)) as session:
            return await sessions.end(session, token)

    async def sign_up(self, asked: SignUp) -> Admission:
        """Creates a tenant and its owner, who is in. Raises `UserError` TENANT_NAME_TAKEN or EMAIL_TAKEN."""
        password_hash = await self._passwords.hash(asked.password)
        async with self._database.transaction(Scope(new_id())) as session:
            await service.create_tenant(session, asked.tenant_name, Tier.STANDARD)
            user = await service.add_user(session, asked.email, asked.name, {Role.OWNER}, password_hash)
            refresh = await sessions.start(session, user)
        return await self._admit(user, refresh)

    async def accept_invitation(self, invitation: str, password: str) -> Admission:
        """By invitation, which sets the first password. Raises `UserError` INVALID_INVITATION."""
        token = read(TokenKind.INVITATION, invitation)
        if token is not None:
            password_hash = await self._passwords.hash(password)
            async with self._database.transaction(Scope(token.tenant_id)) as session:
                user = await service.accept_invitation(session, token, password_hash)
                refresh = None if user is None else await sessions.start(session, user)
            if user is not None and refresh is not None:
                return await self._admit(user, refresh)
        raise UserError("INVALID_INVITATION", "This invitation has been used or has expired.", ["invitation"])

    async def exchange_api_key(self, api_key: str) -> str:
        """An access token of the user whose key it is. Raises `UserError` INVALID_API_KEY."""
        token = read(TokenKind.API_KEY, api_key)
        if token is not None:
            async with self._database.transaction(Scope(token.tenant_id)) as session:
                user = await repository.holder_of_api_key(session, token.digest)
            if user is not None:
                return await self._access_token(user)
        raise UserError("INVALID_API_KEY", "This API key does not exist or has been revoked.", ["apiKey"])

    async def _admit(self, user: User, refresh: OpaqueToken) -> Admission:
        return Admission(user, await self._access_token(user), refresh.text)

    async def _access_token(self, user: User) -> str:
        key_id, key = await self._ring.signer()
        return access_tokens.issue(key_id, key, user, datetime.now(UTC))


def _invalid_credentials() -> UserError:
    return UserError("INVALID_CREDENTIALS", "The e-mail address or the password is not right.")
