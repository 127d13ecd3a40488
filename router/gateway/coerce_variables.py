"""Stage: variables as the schema declares them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graphql import GraphQLError, get_variable_values

from router.execution.errors import FieldError
from router.gateway.context import RequestContext
from router.gateway.errors import DocumentError, UploadError
from router.gateway.placed_files import take_out

_MOST_ERRORS = 20
# Custom scalars hold anything; what can just be decoded is too deep to be encoded again some calls further down.
_MOST_LEVELS = 200


async def coerce_variables(context: RequestContext) -> None:
    """Raises DocumentError with code BAD_USER_INPUT for each variable that does not fit, UploadError for a file."""
    operation = context.compiled
    definitions = operation.variable_definitions
    if not definitions and not context.uploads:
        return
    found = get_variable_values(
        operation.supergraph.schema, definitions, dict(context.asked.variables), _MOST_ERRORS, True
    )
    if isinstance(found, list):
        raise DocumentError([_bad_input(error) for error in found])
    if _is_nested_too_deeply(found.coerced):
        raise DocumentError([FieldError("Variable values are nested too deeply.", "BAD_USER_INPUT")])
    context.variables = found.coerced
    if context.uploads:
        if context.is_subscription:
            raise UploadError("UPLOAD_NOT_SUPPORTED", "a subscription takes no files")
        context.files = take_out(found.coerced, context.uploads, operation.supergraph.schema, definitions)


def _is_nested_too_deeply(variables: Mapping[str, object]) -> bool:
    level: list[object] = [variables]
    for _ in range(_MOST_LEVELS):
        level = [item for container in level for item in _items(container) if isinstance(item, dict | list)]
        if not level:
            return False
    return True


def _items(container: object) -> Iterable[object]:
    if isinstance(container, dict):
        return container.values()
    return container if isinstance(container, list) else ()


def _bad_input(error: GraphQLError) -> FieldError:
    locations = tuple((location.line, location.column) for location in error.locations or ())
    return FieldError(error.message, "BAD_USER_INPUT", locations=locations)
