"""Builds, prints and runs any domain's subgraph, found by its name."""

from __future__ import annotations

import asyncio
import importlib
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import FrameType
from typing import NoReturn, cast

import uvicorn
from litestar import Litestar
from litestar.types import ASGIApp

import observability
from observability.asgi import App, TraceMiddleware
from shared_models.kernel.database import Database, database_url
from shared_models.kernel.live import LiveFeed
from shared_models.kernel.nudge import Nudge
from shared_models.kernel.redis import connect
from shared_models.kernel.settings import KernelSettings
from subgraphs.edge.body import MAX_BODY
from subgraphs.edge.endpoint import graphql_route
from subgraphs.edge.health import live, ready
from subgraphs.edge.keys import RemoteKeys
from subgraphs.edge.refusals import refuse
from subgraphs.edge.schema import build_schema
from subgraphs.edge.services import Services
from subgraphs.edge.signature import RouterSignature
from subgraphs.edge.subgraph import Subgraph
from subgraphs.edge.tokens import TokenVerifier

_GRACE_SECONDS = 5


def find(domain: str) -> Subgraph:
    """`subgraphs.<domain>.subgraph.SUBGRAPH`. Raises `ModuleNotFoundError` for a domain that does not exist."""
    subgraph: Subgraph = importlib.import_module(f"subgraphs.{domain}.subgraph").SUBGRAPH
    return subgraph


def sdl(domain: str) -> str:
    """The domain's schema as its federation SDL; needs no database."""
    return build_schema(find(domain)).as_str()


def build_app(domain: str, settings: KernelSettings, *, verifier: TokenVerifier | None = None) -> Litestar:
    """The ASGI application of a domain. `verifier` None: tokens are verified by the keys that accounts publishes."""
    return build_subgraph_app(find(domain), settings, verifier=verifier)


def build_subgraph_app(
    subgraph: Subgraph, settings: KernelSettings, *, verifier: TokenVerifier | None = None
) -> Litestar:
    """Like `build_app`, for a subgraph that is at hand."""
    signature = RouterSignature(settings.secret.get_secret_value(), subgraph.domain)
    return Litestar(
        route_handlers=[graphql_route(build_schema(subgraph), signature), live, ready, *subgraph.routes],
        lifespan=[_lifespan(subgraph, settings, verifier)],
        middleware=[_traced],
        exception_handlers={Exception: refuse},
        request_max_body_size=MAX_BODY,
        openapi_config=None,
        logging_config=None,
    )


def run(domain: str, host: str, port: int) -> None:
    """Serves the domain until SIGTERM or SIGINT; then open requests have five seconds, and open streams end."""
    # When it is done, uvicorn raises the signal again: it must end the process through `finally`, not on the spot.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    observability.setup(f"subgraph.{domain}")
    try:
        app = build_app(domain, KernelSettings())
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            loop="uvloop",
            http="httptools",
            ws="none",
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        _Server(config, app).run()
    finally:
        observability.shutdown()


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


class _Server(uvicorn.Server):
    """Tells open streams to end before it waits for connections to close."""

    def __init__(self, config: uvicorn.Config, app: Litestar) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.stopping.set()
        await super().shutdown(sockets)


def _traced(app: ASGIApp) -> ASGIApp:
    # The same ASGI, typed by Litestar as unions and by the middleware as mappings.
    return cast("ASGIApp", TraceMiddleware(cast("App", app)))


def _lifespan(
    subgraph: Subgraph, settings: KernelSettings, verifier: TokenVerifier | None
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            services = await _open_services(subgraph.domain, settings, stack)
            app.state.services = services
            app.state.stopping = asyncio.Event()
            if subgraph.open is not None:
                await stack.enter_async_context(subgraph.open(services))
            app.state.verifier = verifier or _verifier(subgraph, services, stack)
            yield
            app.state.stopping.set()

    return lifespan


async def _open_services(domain: str, settings: KernelSettings, stack: AsyncExitStack) -> Services:
    redis = connect(settings.redis_url)
    stack.push_async_callback(redis.aclose)
    listening = connect(settings.redis_url, read_timeout=None)
    stack.push_async_callback(listening.aclose)
    database = Database(domain, database_url(settings, domain), on_commit=Nudge(redis))
    stack.push_async_callback(database.close)
    feed = LiveFeed(listening, domain)
    await feed.start()
    stack.push_async_callback(feed.stop)
    return Services(domain, database, redis, feed, settings)


def _verifier(subgraph: Subgraph, services: Services, stack: AsyncExitStack) -> TokenVerifier:
    keys = subgraph.keys(services) if subgraph.keys is not None else RemoteKeys(services.settings.jwks_url)
    verifier = TokenVerifier(keys)
    stack.push_async_callback(verifier.close)
    return verifier
