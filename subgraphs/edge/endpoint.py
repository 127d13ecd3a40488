"""`POST /graphql`: who calls, who asks, what they ask, and the answer as JSON or as a stream of events."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from litestar import Request, Response, post
from litestar.datastructures import Headers
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from subgraphs.edge.body import read_body
from subgraphs.edge.context import Context
from subgraphs.edge.event_stream import event_stream
from subgraphs.edge.operation import execute, read_request, stream
from subgraphs.edge.schema import FederatedSchema
from subgraphs.edge.services import Services
from subgraphs.edge.signature import HEADER, RouterSignature
from subgraphs.edge.tokens import TokenVerifier

_EVENT_STREAM = "text/event-stream"
_UNBUFFERED = {"cache-control": "no-cache", "x-accel-buffering": "no"}


def graphql_route(schema: FederatedSchema, signature: RouterSignature) -> HTTPRouteHandler:
    """The handler for one domain. It finds its services, verifier and stop signal in the app's state."""

    # The framework's own limit is off: `read_body` keeps it, and answers in GraphQL's shape.
    @post("/graphql", status_code=200, request_max_body_size=None)
    async def graphql(request: Request[Any, Any, Any]) -> Response[Any]:
        body = await read_body(request)
        headers = request.headers
        authorization = headers.get("authorization", "")
        signature.verify(headers.get(HEADER, ""), authorization, body, time.time())
        asked = read_request(body)
        state = request.app.state
        verifier: TokenVerifier = state.verifier
        services: Services = state.services
        stopping: asyncio.Event = state.stopping
        token = await verifier.authenticate(authorization)
        context = Context(services, token.identity if token else None, _client_address(headers))
        if _EVENT_STREAM in headers.get("accept", ""):
            events = event_stream(
                stream(schema, asked, context), stopping=stopping, expires_at=token.expires_at if token else None
            )
            return Stream(events, media_type=_EVENT_STREAM, headers=_UNBUFFERED)
        return Response(await execute(schema, asked, context), media_type="application/json")

    return graphql


def _client_address(headers: Headers) -> str | None:
    """Where the router was called from, as the router itself says; what stood in the header before is hearsay."""
    return headers.get("x-forwarded-for", "").rpartition(",")[2].strip() or None
