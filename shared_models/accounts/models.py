"""Accounts' tables: tenants, their users, and what lets somebody in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Enum, ForeignKey, Identity, LargeBinary, Text, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from shared_models.kernel.tenancy import Tier


class Base(DeclarativeBase):
    """The declarative base of accounts."""

    type_annotation_map = {datetime: DateTime(timezone=True), str: Text, bytes: LargeBinary}  # noqa: RUF012 -- SQLAlchemy's own shape


class Tenant(Base):
    """A company that uses the platform. Its id is the `tenant_id` of everything that is its own."""

    __tablename__ = "tenant"

    id: Mapped[UUID] = mapped_column("tenant_id", primary_key=True)
    name: Mapped[str]
    tier: Mapped[Tier] = mapped_column(Enum(Tier, native_enum=False, length=16))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class User(Base):
    """A person of one tenant. `email` is lower case; without a `password_hash` nobody can log in yet.

    The table is `app_user`, since PostgreSQL reads `user` as the name of the role that asks.
    """

    __tablename__ = "app_user"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.tenant_id"))
    email: Mapped[str]
    name: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    #: Who reads a user shows its tenant, nearly always: one row more in the same statement.
    tenant: Mapped[Tenant] = relationship(lazy="joined", innerjoin=True)


class Invitation(Base):
    """A way to set the first password, known by its token's digest; used once."""

    __tablename__ = "invitation"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    user_id: Mapped[UUID]
    expires_at: Mapped[datetime]


class LoginSession(Base):
    """One log-in and the refresh tokens that follow from it: revoked, none of them is worth anything."""

    __tablename__ = "login_session"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    user_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    revoked_at: Mapped[datetime | None]


class RefreshToken(Base):
    """A refresh token by its digest. `used_at` marks those that have been exchanged for the next."""

    __tablename__ = "refresh_token"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    session_id: Mapped[UUID] = mapped_column(ForeignKey("login_session.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiKey(Base):
    """A user's key for programs, by its digest."""

    __tablename__ = "api_key"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    user_id: Mapped[UUID]
    name: Mapped[str]
    digest: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    revoked_at: Mapped[datetime | None]


class SigningKey(Base):
    """A key that signs access tokens from one moment until another. Of the platform: it has no tenant."""

    __tablename__ = "signing_key"

    id: Mapped[str] = mapped_column(primary_key=True)
    public_key: Mapped[bytes]
    sealed_private_key: Mapped[bytes]
    signs_from: Mapped[datetime]
    signs_until: Mapped[datetime]


class LoginFailure(Base):
    """One failed log-in of a subject: the digest of an e-mail or of an address. Of the platform."""

    __tablename__ = "login_failure"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    subject: Mapped[bytes]
    failed_at: Mapped[datetime] = mapped_column(server_default=func.now())
