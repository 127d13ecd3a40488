"""What the accounts process holds open beside its database: the keys, and the threads that check passwords."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from shared_models.accounts.authentication import Authentication
from shared_models.accounts.keyring import KeyRing
from shared_models.accounts.passwords import Passwords
from subgraphs.edge.services import Services

log = structlog.get_logger()

_NAME = "accounts.desk"
_ROTATION_SECONDS = 3600.0
_RETRY_SECONDS = 5.0


@dataclass(frozen=True)
class Desk:
    """Where people are let in."""

    ring: KeyRing
    authentication: Authentication


def desk_of(services: Services) -> Desk:
    """The desk that `open_desk` has put among the services."""
    desk = services.extras[_NAME]
    if not isinstance(desk, Desk):
        raise TypeError(f"{_NAME} is not a desk")
    return desk


@asynccontextmanager
async def open_desk(services: Services) -> AsyncIterator[None]:
    """Opens the desk; keys are rotated now and every hour until it closes."""
    passwords = Passwords()
    ring = KeyRing(services.database, services.settings.secret.get_secret_value())
    services.extras[_NAME] = Desk(ring, Authentication(services.database, passwords, ring))
    rotation = asyncio.create_task(_rotate(ring), name="key-rotation")
    try:
        yield
    finally:
        rotation.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await rotation
        passwords.close()


async def _rotate(ring: KeyRing) -> None:
    while True:
        try:
            await ring.rotate_if_due()
        except (SQLAlchemyError, psycopg.Error, OSError) as error:
            log.warning("accounts.rotation_failed", error=repr(error))
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            await asyncio.sleep(_ROTATION_SECONDS)
