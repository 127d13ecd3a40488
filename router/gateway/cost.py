"""Stage: what the operation is estimated to cost, and whether that is too much."""

from __future__ import annotations

from opentelemetry import metrics, trace

from router.execution.errors import FieldError
from router.gateway.context import RequestContext, Stage
from router.gateway.cost_mode import CostMode
from router.gateway.errors import DocumentError
from router.planning.cost import Given

TOO_EXPENSIVE = "COST_ESTIMATED_TOO_EXPENSIVE"
UNSLICED = "COST_SLICING_ARGUMENT_REQUIRED"


def cost_stage(most: int | None, mode: CostMode, list_size: int) -> Stage:
    """`most` is what an operation may cost, without which nothing is refused; `list_size` how many items a list has of
    which nothing is said."""
    estimates = metrics.get_meter(__name__).create_histogram(
        "graphql.operation.cost.estimated", description="The estimated cost of operations, by what came of it."
    )

    async def estimate_cost(context: RequestContext) -> None:
        estimate = context.compiled.cost
        given = Given(context.variables, list_size)
        cost = estimate.formula(given)
        errors = [
            FieldError(f"{field.coordinates} must be given exactly one of its slicing arguments", UNSLICED)
            for field in estimate.sliced
            if not field.is_met(given)
        ]
        if most is not None and cost > most:
            extensions = {"estimated": cost, "max": most}
            message = f"the operation is estimated to cost {cost}, more than the {most} it may"
            errors.append(FieldError(message, TOO_EXPENSIVE, extensions=extensions))
        result = (errors[-1].code or "") if errors else "COST_OK"
        estimates.record(cost, {"cost.result": result})
        trace.get_current_span().set_attributes({"cost.estimated": cost, "cost.result": result})
        if errors and most is not None and mode is CostMode.ENFORCE:
            raise DocumentError(errors)

    return estimate_cost
