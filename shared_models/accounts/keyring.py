"""The keys that sign access tokens: kept in the database, sealed with the deployment's secret."""

from __future__ import annotations

import base64
import secrets
import time
from datetime import UTC, datetime

import msgspec
import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.accounts import repository
from shared_models.accounts.key_schedule import SIGNING_LIFETIME, Window, due, signing_at
from shared_models.accounts.models import SigningKey
from shared_models.kernel.database import Database
from shared_models.kernel.secrets import derive
from shared_models.kernel.tenancy import Scope

log = structlog.get_logger()

_PLATFORM = Scope(tenant_id=None)
_NONCE_BYTES = 12
_RELOAD_SECONDS = 5.0


class PublishedKey(msgspec.Struct, frozen=True):
    """An entry of the JWKS document (RFC 8037)."""

    kid: str
    x: str
    kty: str = "OKP"
    crv: str = "Ed25519"
    use: str = "sig"
    alg: str = "EdDSA"


class KeyRing:
    """The signing keys of the deployment, as one process knows them."""

    def __init__(self, database: Database, secret: str) -> None:
        """`secret` is the deployment's master secret: whoever has the database alone cannot sign."""
        self._database = database
        self._seal = AESGCM(bytes.fromhex(derive(secret, "accounts/signing-keys")))
        self._windows: list[Window] = []
        self._private: dict[str, Ed25519PrivateKey] = {}
        self._public: dict[str, Ed25519PublicKey] = {}
        self._loaded_at = -_RELOAD_SECONDS

    async def rotate_if_due(self, now: datetime | None = None) -> None:
        """Makes, and forgets, what is due, and learns what others have made. Safe in several processes at once."""
        now = now or datetime.now(UTC)
        async with self._database.transaction(_PLATFORM) as session:
            await self._end_unreadable(session, await repository.lock_signing_keys(session), now)
            keys = await repository.signing_keys(session)
            plan = due([_window(key) for key in keys], now)
            for key in keys:
                if key.id in plan.forget:
                    await repository.delete_signing_key(session, key)
            if plan.new_from is not None:
                await repository.add_signing_key(session, self._new_key(plan.new_from))
            keys = await repository.signing_keys(session)
        self._learn(keys)

    async def signer(self) -> tuple[str, Ed25519PrivateKey]:
        """The id of the key that signs now, and the key."""
        current = signing_at(self._windows, datetime.now(UTC))
        if current is None or current.key_id not in self._private:
            await self.rotate_if_due()
            current = signing_at(self._windows, datetime.now(UTC))
            if current is None:
                raise RuntimeError("no key signs access tokens, although one was just made")
        return current.key_id, self._private[current.key_id]

    async def find(self, key_id: str) -> Ed25519PublicKey | None:
        """A published key by its id. What is unknown is looked for in the database, at most every 5 s."""
        if key_id not in self._public and time.monotonic() - self._loaded_at >= _RELOAD_SECONDS:
            await self._reload()
        return self._public.get(key_id)

    async def published(self) -> list[PublishedKey]:
        """The keys as the JWKS document shows them: those that sign, will sign soon, or signed lately."""
        if time.monotonic() - self._loaded_at >= _RELOAD_SECONDS:
            await self._reload()
        return [PublishedKey(key_id, _base64url(key.public_bytes_raw())) for key_id, key in self._public.items()]

    async def close(self) -> None:
        """Nothing is open: the database is its owner's to close."""

    async def _reload(self) -> None:
        async with self._database.transaction(_PLATFORM) as session:
            keys = await repository.signing_keys(session)
        self._learn(keys)

    def _learn(self, keys: list[SigningKey]) -> None:
        opened = {key.id: private for key in keys if (private := self._open(key)) is not None}
        self._private = opened
        self._public = {key.id: Ed25519PublicKey.from_public_bytes(key.public_key) for key in keys}
        # A key that cannot be opened here does not sign here.
        self._windows = [_window(key) for key in keys if key.id in opened]
        self._loaded_at = time.monotonic()

    async def _end_unreadable(self, session: AsyncSession, keys: list[SigningKey], now: datetime) -> None:
        """After a change of the master secret, older keys sign no more; what they signed stays good."""
        for key in keys:
            if key.signs_until > now and self._open(key) is None:
                log.warning("accounts.signing_key_unreadable", key_id=key.id)
                await repository.end_signing_key(session, key, now)

    def _new_key(self, signs_from: datetime) -> SigningKey:
        private = Ed25519PrivateKey.generate()
        key_id = secrets.token_hex(8)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return SigningKey(
            id=key_id,
            public_key=private.public_key().public_bytes_raw(),
            sealed_private_key=nonce + self._seal.encrypt(nonce, private.private_bytes_raw(), key_id.encode()),
            signs_from=signs_from,
            signs_until=signs_from + SIGNING_LIFETIME,
        )

    def _open(self, key: SigningKey) -> Ed25519PrivateKey | None:
        if (known := self._private.get(key.id)) is not None:
            return known
        nonce, sealed = key.sealed_private_key[:_NONCE_BYTES], key.sealed_private_key[_NONCE_BYTES:]
        try:
            return Ed25519PrivateKey.from_private_bytes(self._seal.decrypt(nonce, sealed, key.id.encode()))
        except (InvalidTag, ValueError):
            return None


def _window(key: SigningKey) -> Window:
    return Window(key.id, key.signs_from, key.signs_until)


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
