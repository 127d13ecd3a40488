"""Stage: variables as the schema declares them."""

from __future__ import annotations

from graphql import get_variable_values

from router.execution.errors import FieldError
from router.gateway.context import RequestContext
from router.gateway.errors import DocumentError

_MOST_ERRORS = 20


async def coerce_variables(context: RequestContext) -> None:
    """Raises DocumentError with code BAD_USER_INPUT for each variable that does not fit."""
    operation = context.compiled
    definitions = operation.variable_definitions
    if not definitions:
        return
    found = get_variable_values(
        operation.supergraph.schema, definitions, dict(context.asked.variables), _MOST_ERRORS, True
    )
    if isinstance(found, list):
        raise DocumentError([FieldError(error.message, "BAD_USER_INPUT") for error in found])
    context.variables = found.coerced
