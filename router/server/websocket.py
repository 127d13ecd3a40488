"""graphql-transport-ws."""

from __future__ import annotations

from router.server.asgi import Receive, Scope, Send
from router.server.state import RouterState


async def serve_websocket(state: RouterState, scope: Scope, receive: Receive, send: Send) -> None:
    """One connection."""
    await send({"type": "websocket.close", "code": 4400})
