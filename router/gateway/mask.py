"""Stage: clients see errors that have a code; of all others they see that there was one, and the log the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import structlog
from opentelemetry import trace
from opentelemetry.trace import StatusCode

from router.execution.errors import FieldError
from router.execution.executor import Response
from router.gateway.context import RequestContext

logger = structlog.get_logger(__name__)
INTERNAL = "INTERNAL_SERVER_ERROR"
_HIDDEN = "something went wrong; the trace id of this response names it"


async def mask_errors(context: RequestContext) -> None:
    """Masks the response, or every response of a subscription."""
    if context.response is not None:
        mask_response(context.response)
    if context.events is not None:
        context.events = _masked(context.events)


async def _masked(events: AsyncIterator[Response]) -> AsyncIterator[Response]:
    async for response in events:
        mask_response(response)
        yield response


def mask_response(response: Response) -> None:
    """In place; also marks the span."""
    if not response.errors:
        return
    for error in response.errors:
        logger.warning(
            "graphql.error",
            code=error.code or INTERNAL,
            message=error.message,
            path=error.path,
            service=error.service,
            extensions=dict(error.extensions),
        )
    response.errors = [_mask(error) for error in response.errors]
    mark_span(response.errors)


def _mask(error: FieldError) -> FieldError:
    if error.code is not None and error.code != INTERNAL:
        return error
    return replace(error, message=_HIDDEN, code=INTERNAL, extensions={})


def unexpected(error: BaseException) -> FieldError:
    """What a client sees of an exception that nobody expected; the log has all of it."""
    logger.error("request.failed", exc_info=error)
    return FieldError(_HIDDEN, INTERNAL)


def mark_span(errors: list[FieldError]) -> None:
    """The SERVER span of an operation with errors is an error, with the first code as its type."""
    span = trace.get_current_span()
    if errors and span.is_recording():
        code = errors[0].code or INTERNAL
        span.set_attribute("error.type", code)
        span.set_attribute("graphql.error.count", len(errors))
        span.set_status(StatusCode.ERROR, code)
