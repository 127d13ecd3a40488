"""Stage: runs the plan. What comes one after the other is only prepared: the edge consumes it."""

from __future__ import annotations

from router.execution.deferred import execute_deferring
from router.execution.executor import Request, execute, subscribe
from router.execution.transport import SubgraphTransport
from router.gateway.context import RequestContext, Stage
from router.gateway.header_policy import HeaderPolicy


def execute_stage(transport: SubgraphTransport, headers: HeaderPolicy | None = None) -> Stage:
    """The stage over one transport; without a policy no header passes but those every subgraph gets."""
    policy = headers or HeaderPolicy()
    forwarded, returned = policy.forwarded, policy.returned

    async def run(context: RequestContext) -> None:
        context.returned = returned.collect()
        request = Request(
            context.variables,
            forwarded.for_every(context),
            context.denied,
            forwarded.by_subgraph(context),
            context.returned.take if context.returned is not None else None,
            context.files,
        )
        if context.is_subscription:
            context.events = subscribe(context.compiled, request, transport)
        elif context.compiled.deferred:
            context.increments = execute_deferring(context.compiled, request, transport)
        else:
            context.response = await execute(context.compiled, request, transport)

    return run
