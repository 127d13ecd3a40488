"""Stage: runs the plan. A subscription's events are only prepared: the edge consumes them."""

from __future__ import annotations

from router.execution.executor import Request, execute, subscribe
from router.execution.transport import SubgraphTransport
from router.gateway.context import RequestContext, Stage

_FORWARDED = ("authorization",)


def execute_stage(transport: SubgraphTransport) -> Stage:
    """The stage over one transport."""

    async def run(context: RequestContext) -> None:
        headers = {name: context.headers[name] for name in _FORWARDED if name in context.headers}
        request = Request(context.variables, headers, context.denied)
        if context.is_subscription:
            context.events = subscribe(context.compiled, request, transport)
        else:
            context.response = await execute(context.compiled, request, transport)

    return run
