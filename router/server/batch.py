"""Several operations in one request: a JSON array of them, answered by an array in their order."""

from __future__ import annotations

import asyncio

import msgspec

from router.gateway.context import RequestContext
from router.gateway.errors import BadRequestError, GatewayError
from router.gateway.media_type import MediaType, negotiate
from router.gateway.pipeline import Outcome, Pipeline, refused
from router.gateway.upload_form import UploadForm

_decode = msgspec.json.Decoder(list[msgspec.Raw]).decode


def is_batch(context: RequestContext) -> bool:
    """Whether the body is an array."""
    return context.method == "POST" and context.body[:64].lstrip()[:1] == b"["


async def run_batch(pipeline: Pipeline, context: RequestContext, most: int, form: UploadForm | None = None) -> Outcome:
    """Runs the operations at once, with their files. The whole is refused where it holds none, or more than `most`; 0
    allows no batch."""
    context.media_type = negotiate(context.headers.get("accept", "")) or MediaType.JSON
    try:
        items = _split(context.body, most)
    except GatewayError as error:
        return refused(context, error)
    media_type = MediaType.GRAPHQL if context.media_type is MediaType.GRAPHQL else MediaType.JSON
    # Each is answered at once: neither a stream nor what comes in parts has a place in an array.
    headers = {**context.headers, "accept": media_type.value}
    parts = [
        RequestContext(
            context.method,
            headers,
            body=bytes(item),
            client_address=context.client_address,
            uploads=form.of(number) if form is not None else None,
        )
        for number, item in enumerate(items)
    ]
    outcomes = await asyncio.gather(*(_run(pipeline, part) for part in parts))
    body = b"[" + b",".join(outcome.body for outcome in outcomes) + b"]"
    status = 200 if any(not outcome.is_refusal for outcome in outcomes) else outcomes[0].status
    code = next((outcome.code for outcome in outcomes if outcome.code), None)
    returned = dict.fromkeys(line for outcome in outcomes for line in outcome.headers)
    return Outcome(status, media_type, body, code, headers=tuple(returned))


def _split(body: bytes, most: int) -> list[msgspec.Raw]:
    if most == 0:
        raise GatewayError("BATCHING_NOT_SUPPORTED", "a request holds one operation", 400)
    try:
        items = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequestError("the body is not valid JSON") from error
    if not 0 < len(items) <= most:
        raise GatewayError("BATCH_LIMIT_EXCEEDED", f"a request may hold 1 to {most} operations", 400)
    return items


async def _run(pipeline: Pipeline, part: RequestContext) -> Outcome:
    outcome = await pipeline.run(part)
    # Nothing of it has been started yet.
    return outcome or refused(part, BadRequestError("a subscription cannot be part of a batch"))
