"""Stage: clients see errors that have a code; of all others they see that there was one, and the log the rest."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

import structlog
from opentelemetry import trace
from opentelemetry.trace import StatusCode

from router.execution.deferred import Increment
from router.execution.errors import FieldError
from router.execution.executor import Response
from router.gateway.context import RequestContext

logger = structlog.get_logger(__name__)
INTERNAL = "INTERNAL_SERVER_ERROR"
_HIDDEN = "something went wrong; the trace id of this response names it"


async def mask_errors(context: RequestContext) -> None:
    """Masks the response, every response of a subscription, or every part."""
    if context.response is not None:
        mask_response(context.response)
    if context.increments is not None:
        context.increments = _masked_parts(context.increments)
    if context.events is not None:
        context.events = _masked(context.events)


async def _masked(events: AsyncGenerator[Response]) -> AsyncGenerator[Response]:
    async with aclosing(events):
        async for response in events:
            mask_response(response)
            yield response


async def _masked_parts(increments: AsyncGenerator[Increment]) -> AsyncGenerator[Increment]:
    async with aclosing(increments):
        async for increment in increments:
            if increment.response is not None:
                mask_response(increment.response)
            for result in increment.results:
                result.errors = _masked_errors(result.errors)
            yield increment


def mask_response(response: Response) -> None:
    """In place; also marks the span."""
    response.errors = _masked_errors(response.errors)


def _masked_errors(errors: list[FieldError]) -> list[FieldError]:
    """Logs them; also marks the span."""
    if not errors:
        return errors
    for error in errors:
        logger.warning(
            "graphql.error",
            code=error.code or INTERNAL,
            message=error.message,
            path=error.path,
            service=error.service,
            extensions=dict(error.extensions),
        )
    masked = [_mask(error) for error in errors]
    mark_span(masked)
    return masked


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
