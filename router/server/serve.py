"""Runs the router in the foreground."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType
from typing import Any

import structlog
import uvicorn

import observability
from observability.asgi import TraceMiddleware
from router.composition.errors import CompositionFailedError
from router.composition.files import SubgraphListError
from router.gateway.header_rules import HeaderRuleError
from router.gateway.persisted_documents import ManifestError
from router.server.app import create_app
from router.server.connection import BoundedWebSocket, bounded_connection
from router.server.kept_copy import KeptCopy
from router.server.origins import OriginSettingsError
from router.server.reload import Reloading
from router.server.sources.chosen import source_of
from router.server.sources.pace import Pace
from router.server.state import RouterState
from router.settings import RouterSettings
from router.supergraph.errors import SupergraphError
from router.supergraph.model import Supergraph

logger = structlog.get_logger(__name__)

_GRACE = 3
"""Seconds that requests under way have to finish once the router is asked to stop."""

_OBJECTS_BETWEEN_COLLECTIONS = 20_000


class RouterConfigurationError(Exception):
    """The settings do not say what to serve, or what they name cannot be served."""

    code = "ROUTER_CONFIGURATION"


def run(settings: RouterSettings) -> None:
    """Serves until SIGINT or SIGTERM. Exits with status 1 where there is nothing that can be served."""
    import uvloop

    observability.setup("router", is_edge=not settings.router_trust_sampling)
    try:
        uvloop.run(_run(settings))
    except RouterConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(1) from error
    finally:
        observability.shutdown()


async def _run(settings: RouterSettings) -> None:
    await RouterServer(settings).serve()


class RouterServer:
    """One router in the running event loop."""

    def __init__(self, settings: RouterSettings) -> None:
        try:
            self.state = RouterState(settings)
            app: Any = create_app(self.state, self._loading)  # Litestar's ASGI types are its own
        except OriginSettingsError as error:
            raise RouterConfigurationError(f"the origins cannot be allowed: {error}") from error
        except ManifestError as error:
            raise RouterConfigurationError(f"the trusted documents cannot be read: {error}") from error
        except HeaderRuleError as error:
            raise RouterConfigurationError(str(error)) from error
        self.failure: Exception | None = None
        config = uvicorn.Config(
            TraceMiddleware(app),
            host=settings.router_host,
            port=settings.router_port,
            loop="none",
            http=bounded_connection(settings.router_header_limit),
            ws=BoundedWebSocket,
            ws_max_size=settings.router_body_limit,
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            # Not uvicorn's default, which believes whoever connects from this machine.
            proxy_headers=bool(settings.router_trusted_proxies),
            forwarded_allow_ips=settings.router_trusted_proxies,
            timeout_graceful_shutdown=_GRACE,
        )
        self._server = _Server(config, self.state)

    async def serve(self) -> None:
        """Serves until stopped. Raises RouterConfigurationError when there is nothing that can be served."""
        settings = self.state.settings
        if (settings.supergraph is None) == (settings.subgraphs is None):
            raise RouterConfigurationError("set exactly one of TRELLIS_SUPERGRAPH and TRELLIS_SUBGRAPHS")
        await self._server.serve()
        if self.failure is not None:
            raise self.failure

    def stop(self) -> None:
        """Ends `serve`; subscriptions end at once, other requests may finish."""
        self.state.stopping.set()
        self._server.should_exit = True

    @property
    def is_listening(self) -> bool:
        return self._server.started

    @property
    def address(self) -> str:
        """`http://host:port` as bound; with port 0 the system chose one."""
        host, port = self._server.servers[0].sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    @asynccontextmanager
    async def _loading(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._load())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _load(self) -> None:
        """Loads beside the running server, so that health says what is going on, and then whatever comes after."""
        settings = self.state.settings
        pace = Pace(settings.router_reload_interval)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, pace.look_now)
        copy = KeptCopy(settings.router_supergraph_cache) if settings.router_supergraph_cache else None
        source = source_of(settings, self.state.transport, pace)
        try:
            await Reloading(source, self.state.standing, self._put_in_force, copy).run()
        except (CompositionFailedError, SubgraphListError, SupergraphError, OSError, ValueError) as error:
            self.failure = RouterConfigurationError(f"the supergraph cannot be served:\n{error}")
            self.stop()
        except Exception as error:  # a router that follows no source any more must not look alive
            self.failure = error
            self.stop()

    async def _put_in_force(self, supergraph: Supergraph) -> None:
        await self.state.serve(supergraph)
        _leave_what_stays_to_itself()
        logger.info("router.ready", subgraphs=sorted(supergraph.subgraphs))


def _leave_what_stays_to_itself() -> None:
    """The collector neither looks at the supergraph again nor starts because of one response.

    A response of some thousand objects, which end with it and in no cycle, otherwise causes several collections.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 20)


class _Server(uvicorn.Server):
    """Tells subscriptions at once that it is about to stop, so that they do not use up the grace."""

    def __init__(self, config: uvicorn.Config, state: RouterState) -> None:
        super().__init__(config)
        self._state = state

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Not uvicorn's own: that raises the signal again at the end, and what observability holds would be lost.
        self._state.stopping.set()
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
