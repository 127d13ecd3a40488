"""Who may look at jobs, and who may act on them; and the board that they do it at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from shared_models.jobs.board import Board
from shared_models.jobs.domains import installed_domains
from shared_models.jobs.models import Operator
from shared_models.kernel.identity import Identity, Role
from subgraphs.edge.context import Context
from subgraphs.edge.services import Services

_BOARD = "board"


@asynccontextmanager
async def open_board(services: Services) -> AsyncIterator[None]:
    """Connects to the databases of all domains for as long as the process lives."""
    board = Board(services.settings, installed_domains(), services.redis)
    services.extras[_BOARD] = board
    try:
        yield
    finally:
        await board.close()


def board_of(context: Context) -> Board:
    """The board of this process."""
    return cast("Board", context.services.extras[_BOARD])


def who_looks(context: Context) -> Operator:
    """The caller, who may look: staff and auditors. Raises `Unauthenticated` or `Forbidden`."""
    return _operator(context, context.require(Role.STAFF, Role.AUDITOR))


def who_acts(context: Context) -> Operator:
    """The caller, who may act: staff. Raises `Unauthenticated` or `Forbidden`."""
    return _operator(context, context.require(Role.STAFF))


def _operator(context: Context, identity: Identity) -> Operator:
    """Of a tenant, or of the platform itself when its tenant is the one that the settings name."""
    is_platform = identity.tenant_id == context.services.settings.platform_tenant_id
    return Operator(None if is_platform else identity.tenant_id, identity.user_id, str(identity.user_id))
