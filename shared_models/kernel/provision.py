"""Brings a database server to where the domains can live on it: roles, databases, migrations.

Idempotent and safe to run from several places at once: an advisory lock makes them take turns.
"""

from importlib.resources import files
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import Connection, create_engine, make_url

from shared_models.kernel.database import RELAY_ROLE, database_name
from shared_models.kernel.secrets import derive
from shared_models.kernel.settings import KernelSettings

#: A connection of the server's administrator.
Admin = psycopg.Connection[tuple[Any, ...]]

_LOCK = 7_255_001


def provision(settings: KernelSettings, domains: list[str]) -> None:
    """Creates what is missing, sets the roles' derived passwords, migrates each domain to its newest revision."""
    with psycopg.connect(settings.database_url, autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        create_databases(admin, settings, domains)
        for domain in domains:
            migrate(settings, domain)


def create_databases(admin: Admin, settings: KernelSettings, domains: list[str]) -> None:
    """Creates a role and an empty database for each domain that has none, and the relay's role."""
    _ensure_role(admin, RELAY_ROLE, settings)
    for domain in domains:
        _ensure_role(admin, database_name(domain), settings)
        _ensure_database(admin, database_name(domain))


def migrate(settings: KernelSettings, domain: str) -> None:
    """Runs the domain's Alembic tree to its head, as the administrator that `database_url` names."""
    url = make_url(settings.database_url).set(drivername="postgresql+psycopg", database=database_name(domain))
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            command.upgrade(alembic_config(domain, connection), "head")
    finally:
        engine.dispose()


def alembic_config(domain: str, connection: Connection) -> Config:
    """Alembic's configuration for the tree in `shared_models/<domain>/migrations`, over an open connection."""
    config = Config()
    config.set_main_option("script_location", str(files(f"shared_models.{domain}") / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _ensure_role(admin: Admin, role: str, settings: KernelSettings) -> None:
    exists = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    verb = "ALTER" if exists else "CREATE"
    password = derive(settings.secret.get_secret_value(), f"database/{role}")
    admin.execute(
        sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD {}").format(
            sql.SQL(verb), sql.Identifier(role), sql.Literal(password)
        )
    )


def _ensure_database(admin: Admin, name: str) -> None:
    if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(name)))
    # Nobody but the domain's role, the relay and the administrator may even connect.
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    admin.execute(
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(
            sql.Identifier(name), sql.Identifier(name), sql.Identifier(RELAY_ROLE)
        )
    )
