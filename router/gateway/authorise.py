"""Stage: fields that this request may not have are not fetched, and say so."""

from __future__ import annotations

from router.gateway.context import RequestContext


async def authorise(context: RequestContext) -> None:
    """Swaps the operation for the one without the denied fields."""
    context.operation = context.compiled
