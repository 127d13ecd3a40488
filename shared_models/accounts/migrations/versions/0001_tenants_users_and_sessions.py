"""Tenants, users, what they hold to get in, and the keys that sign access tokens."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from shared_models.kernel.mesh_schema import create_mesh_tables
from shared_models.kernel.schema import own_by_tenant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _uuid(name: str, *, primary_key: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid, nullable=False, primary_key=primary_key)


def _at(name: str, *, nullable: bool = False, now: bool = False) -> sa.Column[Any]:
    return sa.Column(
        name, sa.DateTime(timezone=True), nullable=nullable, server_default=sa.text("now()") if now else None
    )


def _digest() -> sa.Column[Any]:
    return sa.Column("digest", sa.LargeBinary, primary_key=True)


def _of_user() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant_id", "user_id"], ["app_user.tenant_id", "app_user.id"])


def upgrade() -> None:
    create_mesh_tables("accounts")
    _people()
    _ways_in()
    _platform()
    own_by_tenant("accounts", "tenant", "app_user", privileges="SELECT, INSERT, UPDATE")
    own_by_tenant("accounts", "invitation", "login_session", "refresh_token", "api_key")


def _people() -> None:
    op.create_table(
        "tenant",
        _uuid("tenant_id", primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("tier", sa.Text, nullable=False),
        _at("created_at", now=True),
        sa.CheckConstraint("tier IN ('STANDARD', 'PREMIUM')", name="tenant_tier"),
    )
    op.execute("CREATE UNIQUE INDEX tenant_name ON tenant (lower(name))")
    op.create_table(
        "app_user",
        _uuid("id", primary_key=True),
        _uuid("tenant_id"),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("roles", ARRAY(sa.Text), nullable=False),
        sa.Column("password_hash", sa.Text),
        _at("created_at", now=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.tenant_id"]),
        sa.UniqueConstraint("tenant_id", "id", name="app_user_of_tenant"),
        # One person, one account, whatever the tenant: log-in knows the e-mail alone.
        sa.UniqueConstraint("email", name="app_user_email"),
        sa.CheckConstraint("email !~ '[A-Z]'", name="app_user_email_lower"),
    )
    # Row-level security hides every user until the tenant is known, and log-in learns the tenant from the user.
    # This is the door in that wall: it answers for one e-mail, with what is needed to check a password.
    op.execute(
        """
        CREATE FUNCTION find_login(wanted text)
        RETURNS TABLE (user_id uuid, tenant_id uuid, tier text, password_hash text)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
            SELECT u.id, u.tenant_id, t.tier, u.password_hash
            FROM public.app_user u JOIN public.tenant t ON t.tenant_id = u.tenant_id
            WHERE u.email = wanted
        $$
        """
    )
    # And this is its letter box: operators' commands name a tenant by its name.
    op.execute(
        """
        CREATE FUNCTION find_tenant(wanted text) RETURNS TABLE (tenant_id uuid, tier text)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
            SELECT t.tenant_id, t.tier FROM public.tenant t WHERE t.name = wanted
        $$
        """
    )
    for function in ("find_login", "find_tenant"):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO trellis_accounts")


def _ways_in() -> None:
    op.create_table(
        "invitation",
        _digest(),
        _uuid("tenant_id"),
        _uuid("user_id"),
        _at("expires_at"),
        _of_user(),
    )
    op.create_table(
        "login_session",
        _uuid("id", primary_key=True),
        _uuid("tenant_id"),
        _uuid("user_id"),
        _at("created_at", now=True),
        _at("revoked_at", nullable=True),
        _of_user(),
        sa.UniqueConstraint("tenant_id", "id", name="login_session_of_tenant"),
        sa.Index("login_session_user", "user_id"),
    )
    op.create_table(
        "refresh_token",
        _digest(),
        _uuid("tenant_id"),
        _uuid("session_id"),
        _at("expires_at"),
        _at("used_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "session_id"], ["login_session.tenant_id", "login_session.id"], ondelete="CASCADE"
        ),
        sa.Index("refresh_token_session", "session_id"),
    )
    op.create_table(
        "api_key",
        _uuid("id", primary_key=True),
        _uuid("tenant_id"),
        _uuid("user_id"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        _at("created_at", now=True),
        _at("revoked_at", nullable=True),
        _of_user(),
    )


def _platform() -> None:
    """What belongs to no tenant: the platform's keys, and failures of people who may not exist."""
    op.create_table(
        "signing_key",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sealed_private_key", sa.LargeBinary, nullable=False),
        _at("signs_from"),
        _at("signs_until"),
    )
    op.create_table(
        "login_failure",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        # A digest of the e-mail or the address: neither is kept.
        sa.Column("subject", sa.LargeBinary, nullable=False),
        _at("failed_at", now=True),
        sa.Index("login_failure_subject", "subject", "failed_at"),
        sa.Index("login_failure_age", "failed_at"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON signing_key TO trellis_accounts")
    op.execute("GRANT SELECT, INSERT, DELETE ON login_failure TO trellis_accounts")


def downgrade() -> None:
    raise NotImplementedError("Accounts are not unmade.")
