"""The Litestar application: health, and the GraphQL endpoint mounted as plain ASGI."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Any

from litestar import Litestar, MediaType, Request, Response, get
from litestar.exceptions import HTTPException
from litestar.handlers import asgi
from litestar.types import Receive, Scope, Send

from router.gateway.mask import INTERNAL
from router.server.door import guarded
from router.server.graphiql.page import graphiql_assets
from router.server.http import serve_http
from router.server.state import RouterState
from router.server.websocket import serve_websocket

_CODES = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}

Load = Callable[[], AbstractAsyncContextManager[None]]


def create_app(state: RouterState, load: Load) -> Litestar:
    """The application; `load` is entered once the transport is open and left before it closes.

    Raises OriginSettingsError where the settings name origins that are none.
    """

    @get("/health/live", media_type=MediaType.JSON, sync_to_thread=False)
    def live() -> dict[str, str]:
        return {"status": "live"}

    @get("/health/ready", media_type=MediaType.JSON, sync_to_thread=False)
    def ready() -> Response[dict[str, str]]:
        if state.is_ready:
            remark = state.standing.remark
            return Response({"status": "ready", **({"supergraph": remark} if remark else {})})
        reason = "the router is stopping" if state.stopping.is_set() else state.standing.obstacle
        return Response({"status": "waiting", "reason": reason}, status_code=503)

    # Litestar's ASGI types are narrower than the protocol's, and those of everything else here.
    untyped: Any = guarded(partial(serve_http, state), partial(serve_websocket, state), state.settings)

    @asgi("/graphql", copy_scope=False)
    async def graphql(scope: Scope, receive: Receive, send: Send) -> None:
        await untyped(scope, receive, send)

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with state.transport:
            async with load():
                yield
            state.close()

    return Litestar(
        route_handlers=[live, ready, graphql, *([graphiql_assets()] if state.settings.router_graphiql else [])],
        lifespan=[lifespan],
        exception_handlers={HTTPException: _refuse},
        openapi_config=None,
        logging_config=None,
    )


def _refuse(_: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """What the framework refuses: an unknown path, a method that is not served. In GraphQL's shape, as all else."""
    code = _CODES.get(error.status_code, "BAD_REQUEST" if error.status_code < 500 else INTERNAL)
    return Response(
        {"errors": [{"message": HTTPStatus(error.status_code).phrase, "extensions": {"code": code}}]},
        status_code=error.status_code,
        headers=error.headers,
        media_type=MediaType.JSON,
    )
