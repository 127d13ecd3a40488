"""Stage: runs the plan. A subscription's events are only prepared: the edge consumes them."""

from __future__ import annotations

from router.execution.executor import Request, execute, subscribe
from router.execution.transport import SubgraphTransport
from router.gateway.context import RequestContext, Stage

_FORWARDED_FOR = "x-forwarded-for"


def execute_stage(transport: SubgraphTransport) -> Stage:
    """The stage over one transport."""

    async def run(context: RequestContext) -> None:
        request = Request(context.variables, forwarded_headers(context), context.denied)
        if context.is_subscription:
            context.events = subscribe(context.compiled, request, transport)
        else:
            context.response = await execute(context.compiled, request, transport)

    return run


def forwarded_headers(context: RequestContext) -> dict[str, str]:
    """What subgraphs are told of the client: its authorization, and where it is.

    `x-forwarded-for` ends with the address that we ourselves know; what the client says of it stands before. Without
    such an address the header is left out, since its last entry would be the client's own.
    """
    headers: dict[str, str] = {}
    authorization = context.headers.get("authorization")
    if authorization is not None:
        headers["authorization"] = authorization
    if context.client_address is not None:
        said = context.headers.get(_FORWARDED_FOR)
        headers[_FORWARDED_FOR] = f"{said}, {context.client_address}" if said else context.client_address
    return headers
