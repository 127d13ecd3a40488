"""The stages in order, and how their failures become a response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

import msgspec

from router.execution.errors import FieldError
from router.execution.executor import Response
from router.gateway.context import RequestContext, Stage
from router.gateway.errors import GatewayError
from router.gateway.mask import mark_span, unexpected
from router.gateway.media_type import MediaType

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Outcome:
    """A status and a body. `code` is that of the first error, if any; a refusal never came to execution. `headers` are
    those of subgraphs that go to the client."""

    status: int
    media_type: MediaType
    body: bytes
    code: str | None = None
    is_refusal: bool = False
    headers: Sequence[tuple[bytes, bytes]] = ()


class Pipeline:
    """Runs every stage over one context."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.stages = tuple(stages)

    async def run(self, context: RequestContext) -> Outcome | None:
        """The outcome; None for a subscription, whose events are then in the context."""
        try:
            for stage in self.stages:
                await stage(context)
            if context.events is not None or context.response is None:
                return None
            return _encoded(context, context.response, 200)
        except GatewayError as error:
            return refused(context, error)
        except Exception as error:  # the last line: a client never sees an exception
            return _encoded(context, Response(None, [unexpected(error)]), 500)


def refused(context: RequestContext, error: GatewayError) -> Outcome:
    """The response to a request that a stage ended."""
    status = error.status if error.always or context.media_type is not MediaType.JSON else 200
    body = _encode({"errors": [item.formatted() for item in error.errors]})
    mark_span(list(error.errors))
    return Outcome(status, context.media_type, body, error.code, is_refusal=True)


def _encoded(context: RequestContext, response: Response, status: int) -> Outcome:
    headers = context.returned.lines() if context.returned is not None else ()
    return Outcome(status, context.media_type, encode_response(response), _first_code(response.errors), headers=headers)


def encode_response(response: Response) -> bytes:
    """`{"data": ..., "errors": [...]}`; data that came as bytes stay as they are."""
    if not response.errors:
        if response.encoded is not None:
            return response.encoded
        data = response.data
        return b'{"data":' + (bytes(data) if isinstance(data, msgspec.Raw) else _encode(data)) + b"}"
    return _encode({"errors": [error.formatted() for error in response.errors], "data": response.data})


def _first_code(errors: Sequence[FieldError]) -> str | None:
    return errors[0].code if errors else None


def load_stage(path: str) -> Stage:
    """A stage by its dotted path, `package.module:name`. Raises ValueError where there is none."""
    module_name, _, name = path.partition(":")
    try:
        stage: Stage = getattr(import_module(module_name), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} is no stage: expected package.module:callable") from error
    return stage
