"""The few ASGI names the edge needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def headers_of(scope: Scope) -> dict[str, str]:
    """Header names in lower case. What is given several times is one list, as HTTP has it: none of it is overlooked."""
    raw: Sequence[tuple[bytes, bytes]] = scope["headers"]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in raw}
    return headers if len(headers) == len(raw) else _joined(raw)


def _joined(raw: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for name, value in raw:
        values.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    return {name: ("; " if name == "cookie" else ", ").join(several) for name, several in values.items()}


def client_address_of(scope: Scope) -> str | None:
    """The client's IP address; None where the server does not know one, as on a Unix socket."""
    client: tuple[str, int] | None = scope.get("client")
    return client[0] if client else None
