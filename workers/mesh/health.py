"""The two health addresses of a role that serves nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn


def health_server(host: str, port: int, ready: Callable[[], Awaitable[None]]) -> uvicorn.Server:
    """A server of `/health/live` (the process runs) and `/health/ready` (200 when `ready` does not raise)."""

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        status, body = 404, b'{"code":"NOT_FOUND"}'
        if scope["path"] == "/health/live":
            status, body = 200, b'{"status":"live"}'
        elif scope["path"] == "/health/ready":
            try:
                await ready()
                status, body = 200, b'{"status":"ready"}'
            except Exception:
                status, body = 503, b'{"code":"NOT_READY"}'
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]}
        )
        await send({"type": "http.response.body", "body": body})

    return uvicorn.Server(
        uvicorn.Config(app, host=host, port=port, lifespan="off", access_log=False, log_config=None, loop="uvloop")
    )
