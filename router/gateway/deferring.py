"""Stage: for a client that takes parts later, the plan that defers what the operation says."""

from __future__ import annotations

import structlog

from router.execution.compiled import CompiledOperation, compile_deferring
from router.gateway.context import RequestContext
from router.planning.defer_directive import Deferral
from router.planning.errors import PlanningError

logger = structlog.get_logger(__name__)


async def choose_deferring(context: RequestContext) -> None:
    """Everything comes at once where the client takes nothing else, and where nothing is deferred."""
    deferral = context.compiled.deferral
    if deferral is None or context.incremental is None:
        return
    holding = deferral.holding(context.variables)
    await context.keep(("deferring", holding), lambda operation: _deferring(operation, deferral, holding))


def _deferring(operation: CompiledOperation, deferral: Deferral, holding: frozenset[str]) -> CompiledOperation:
    """To defer is a wish: what is too much to plan for comes at once."""
    try:
        found = compile_deferring(operation, deferral, holding)
    except PlanningError as error:
        logger.info("defer.ignored", code=error.code, reason=str(error))
        return operation
    return found if found.deferred else operation
