"""The foreground of a role that serves nothing but its health: two addresses, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import uvicorn


async def serve_health(host: str, port: int, ready: Callable[[], Awaitable[None]]) -> None:
    """Serves `/health/live` and `/health/ready` (200 when `ready` does not raise) until SIGTERM or SIGINT."""

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        status, body = 404, b'{"code":"NOT_FOUND"}'
        if scope["path"] == "/health/live":
            status, body = 200, b'{"status":"live"}'
        elif scope["path"] == "/health/ready":
            try:
                await ready()
                status, body = 200, b'{"status":"ready"}'
            except Exception:
                status, body = 503, b'{"code":"NOT_READY"}'
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    config = uvicorn.Config(
        app, host=host, port=port, lifespan="off", ws="none", access_log=False, log_config=None, log_level="warning"
    )
    server = _HealthServer(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, setattr, server, "should_exit", True)
    await server.serve()


class _HealthServer(uvicorn.Server):
    """Uvicorn raises the signals that it caught again when it ends, which would cut short what ends after it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves signals to the loop's own handlers."""
        yield
