"""Stage: what comes in parts becomes events, encoded in the form that the client takes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from itertools import count

import msgspec

from router.execution.deferred import DeferredResult, Increment, Pending
from router.execution.executor import Response
from router.gateway.context import RequestContext
from router.gateway.incremental_form import IncrementalForm
from router.gateway.mask import unexpected

Encoder = Callable[[Increment], dict[str, object]]
_encode = msgspec.json.Encoder().encode


async def deliver(context: RequestContext) -> None:
    """After errors were masked."""
    if context.increments is not None:
        is_latest = context.incremental is IncrementalForm.INCREMENTAL_V02
        context.events = _encoded(context.increments, _FormV02().message if is_latest else _form_of_2022)


async def _encoded(increments: AsyncGenerator[Increment], encode: Encoder) -> AsyncGenerator[Response]:
    try:
        async with aclosing(increments):
            async for increment in increments:
                yield Response(None, encoded=_encode(encode(increment)), is_last=not increment.has_next)
    except Exception as error:  # the client must learn that nothing more comes
        failure = {"errors": [unexpected(error).formatted()], "hasNext": False}
        yield Response(None, encoded=_encode(failure), is_last=True)


def _response(increment: Increment) -> dict[str, object]:
    response = increment.response
    if response is None:
        return {}
    errors = {"errors": [error.formatted() for error in response.errors]} if response.errors else {}
    return {**errors, "data": response.data}


def _result(result: DeferredResult) -> dict[str, object]:
    errors = {"errors": [error.formatted() for error in result.errors]} if result.errors else {}
    return {"data": result.data, **errors}


def _form_of_2022(increment: Increment) -> dict[str, object]:
    message = _response(increment)
    if increment.results:
        message["incremental"] = [
            {
                **_result(result),
                "path": list(result.path),
                **({"label": result.pending.part.label} if result.pending.part.label is not None else {}),
            }
            for result in increment.results
        ]
    return {**message, "hasNext": increment.has_next}


class _FormV02:
    """Gives ids, so one is for one response."""

    def __init__(self) -> None:
        self._ids: dict[Pending, str] = {}
        self._next = count()

    def message(self, increment: Increment) -> dict[str, object]:
        message = _response(increment)
        if increment.pending:
            message["pending"] = [self._announced(pending) for pending in increment.pending]
        # A part that is null has no data: its completion says why.
        failed = {result.pending: result for result in increment.results if result.data is None}
        results = [self._with_id(result) for result in increment.results if result.pending not in failed]
        if results:
            message["incremental"] = results
        if increment.completed:
            message["completed"] = [self._completed(pending, failed.get(pending)) for pending in increment.completed]
        return {**message, "hasNext": increment.has_next}

    def _announced(self, pending: Pending) -> dict[str, object]:
        self._ids[pending] = str(next(self._next))
        label = {"label": pending.part.label} if pending.part.label is not None else {}
        return {"id": self._ids[pending], "path": list(pending.path), **label}

    def _with_id(self, result: DeferredResult) -> dict[str, object]:
        below = result.path[len(result.pending.path) :]
        return {
            "id": self._ids[result.pending],
            **({"subPath": list(below)} if below else {}),
            **_result(result),
        }

    def _completed(self, pending: Pending, failed: DeferredResult | None) -> dict[str, object]:
        errors = {"errors": [error.formatted() for error in failed.errors]} if failed is not None else {}
        return {"id": self._ids.pop(pending), **errors}
