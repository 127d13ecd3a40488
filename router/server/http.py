"""GraphQL over HTTP, as plain ASGI: the framework's request and response objects cost more than the rest."""

from __future__ import annotations

import asyncio

from router.gateway.context import RequestContext
from router.gateway.errors import GatewayError, PayloadTooLargeError, RequestTimeoutError
from router.gateway.media_type import MediaType, negotiate
from router.gateway.pipeline import Outcome, refused
from router.gateway.upload_form import UploadForm
from router.server.asgi import Receive, Scope, Send, client_address_of, headers_of
from router.server.batch import is_batch, run_batch
from router.server.disconnect import ClientGoneError, DisconnectWatch
from router.server.event_stream import send_single_event, stream_events
from router.server.form import is_form, receive_form
from router.server.multipart import send_single_part, stream_parts
from router.server.shares import TooManySubscriptionsError, TooManyUploadsError, client_of
from router.server.state import RouterState
from router.settings import RouterSettings


async def serve_http(state: RouterState, scope: Scope, receive: Receive, send: Send) -> None:
    """One request. A client that leaves takes its fetches with it."""
    context = RequestContext(
        scope["method"], headers_of(scope), scope["query_string"], client_address=client_address_of(scope)
    )
    try:
        if is_form(context) and state.takes_files:
            await _serve_form(state, context, receive, send)
            return
        context.body = await read_body(context, receive, state.settings)
    except ClientGoneError:
        return
    except GatewayError as error:
        context.media_type = negotiate(context.headers.get("accept", "")) or MediaType.JSON
        await send_outcome(refused(context, error), send, close=True)
        return
    await _answer(state, context, receive, send)


async def _serve_form(state: RouterState, context: RequestContext, receive: Receive, send: Send) -> None:
    """A request with files, which are deleted when it is answered, however that ends."""
    with state.uploads.one(context.client_address, TooManyUploadsError):
        form = await receive_form(context, receive, state.upload_limits)
        try:
            context.body, context.uploads = form.operations, form.of(0)
            await _answer(state, context, receive, send, form)
        finally:
            form.close()


async def _answer(
    state: RouterState, context: RequestContext, receive: Receive, send: Send, form: UploadForm | None = None
) -> None:
    watch = DisconnectWatch(receive)
    try:
        outcome = await _run(state, context, form)
        if outcome is not None:
            watch.stop()
            await _send(context, outcome, send)
        else:
            await _stream(state, context, send)
    except asyncio.CancelledError:
        if not watch.is_gone:
            raise
        # We cancelled ourselves because no one is there to answer.
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()
    finally:
        watch.stop()


async def _run(state: RouterState, context: RequestContext, form: UploadForm | None) -> Outcome | None:
    if is_batch(context):
        return await run_batch(state.pipeline, context, state.settings.router_batch_limit, form)
    return await state.pipeline.run(context)


async def _send(context: RequestContext, outcome: Outcome, send: Send) -> None:
    if outcome.is_refusal:
        await send_outcome(outcome, send)
    elif outcome.media_type is MediaType.EVENT_STREAM:
        await send_single_event(outcome, send)
    elif outcome.media_type is MediaType.MULTIPART:
        await send_single_part(context, outcome, send)
    else:
        await send_outcome(outcome, send)


async def _stream(state: RouterState, context: RequestContext, send: Send) -> None:
    if not context.is_subscription:
        is_event_stream = context.media_type is MediaType.EVENT_STREAM
        await (stream_events if is_event_stream else stream_parts)(context, state, send)
        return
    try:
        with state.subscriptions.one(client_of(context), TooManySubscriptionsError):
            await stream_events(context, state, send)
    except TooManySubscriptionsError as error:
        await send_outcome(refused(context, error), send)


async def read_body(context: RequestContext, receive: Receive, settings: RouterSettings) -> bytes:
    """The body. Raises PayloadTooLargeError, RequestTimeoutError or ClientGoneError."""
    limit = settings.router_body_limit
    announced = context.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise PayloadTooLargeError(limit)
    try:
        async with asyncio.timeout(settings.router_body_timeout):
            return await _read_at_most(receive, limit)
    except TimeoutError as error:
        raise RequestTimeoutError from error


async def _read_at_most(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise PayloadTooLargeError(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def send_outcome(outcome: Outcome, send: Send, *, close: bool = False) -> None:
    """The response. `close` ends the connection: the rest of an oversized body is not worth reading."""
    # A stream was asked for but never began: the refusal is plain JSON.
    is_stream = outcome.media_type in (MediaType.EVENT_STREAM, MediaType.MULTIPART)
    media_type = MediaType.JSON if is_stream else outcome.media_type
    headers = [
        (b"content-type", f"{media_type.value}; charset=utf-8".encode()),
        (b"content-length", str(len(outcome.body)).encode()),
    ]
    if outcome.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if outcome.status == 405:
        headers.append((b"allow", b"GET, POST"))
    if outcome.status == 503:
        headers.append((b"retry-after", b"1"))
    if close:
        headers.append((b"connection", b"close"))
    headers.extend(outcome.headers)
    await send({"type": "http.response.start", "status": outcome.status, "headers": headers})
    await send({"type": "http.response.body", "body": outcome.body})
