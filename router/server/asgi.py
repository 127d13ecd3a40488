"""The few ASGI names the edge needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def headers_of(scope: Scope) -> dict[str, str]:
    """Header names in lower case; of a header given twice the last value counts."""
    raw: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in raw}


def client_address_of(scope: Scope) -> str | None:
    """The client's IP address; None where the server does not know one, as on a Unix socket."""
    client: tuple[str, int] | None = scope.get("client")
    return client[0] if client else None
