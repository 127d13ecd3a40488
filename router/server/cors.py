"""Which pages of other origins may read what the router answers (CORS).

Not the framework's middleware: that leaves `vary` out of refusals, so that a cache would hand them on to allowed pages,
and names no reason to the page it refuses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from router.server.asgi import App, Message, Receive, Scope, Send, headers_of
from router.server.cross_site import refuse
from router.server.origins import ANY, AllowedOrigins, OriginNotAllowedError, OriginSettingsError

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class CorsPolicy:
    """What pages of allowed origins may send and read.

    `credentials` are cookies. `names` are headers they may send, `*` whatever they ask for; `exposed` those they may
    read. `max_age` is how many seconds a browser remembers all this. Raises OriginSettingsError for credentials of
    any origin, which no browser sends, and for good reason.
    """

    origins: AllowedOrigins
    credentials: bool = False
    names: frozenset[str] = frozenset()
    exposed: frozenset[str] = frozenset()
    max_age: int = 600

    def __post_init__(self) -> None:
        if self.credentials and self.origins.are_all:
            raise OriginSettingsError("credentials can be allowed to origins by name, not to *")


class Cors:
    """Answers preflights, and says on whatever else `app` sends who may read it: refusals and streams too."""

    def __init__(self, app: App, policy: CorsPolicy) -> None:
        self._app = app
        self._policy = policy
        self._of_answers = _joined(b"access-control-expose-headers", policy.exposed)
        self._of_preflights: Headers = [
            (b"access-control-allow-methods", b"GET, POST"),
            (b"access-control-max-age", str(policy.max_age).encode()),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        origin = headers.get("origin")
        extra = self._named(origin)

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        asked = headers.get("access-control-request-method")
        if origin is None or asked is None or scope["method"] != "OPTIONS":
            extra += self._of_answers if origin is not None else []
            await self._app(scope, receive, send_named)
        elif self._policy.origins.allow(origin):
            extra += self._of_preflights + self._sendable(headers.get("access-control-request-headers", ""))
            await send_named({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        else:
            await refuse(scope, OriginNotAllowedError(origin), send_named)

    def _named(self, origin: str | None) -> Headers:
        """Who may read. Where that depends on who asks, a cache must know so, also of what was asked by nobody."""
        if self._policy.origins.are_all:
            return [(b"access-control-allow-origin", ANY.encode())]
        named: Headers = [(b"vary", b"origin")]
        if origin is not None and self._policy.origins.allow(origin):
            named.append((b"access-control-allow-origin", origin.encode("latin-1")))
            if self._policy.credentials:
                named.append((b"access-control-allow-credentials", b"true"))
        return named

    def _sendable(self, asked: str) -> Headers:
        """By name, even where all may be sent: `authorization` is never in a `*`."""
        if ANY not in self._policy.names:
            return _joined(b"access-control-allow-headers", self._policy.names)
        vary = (b"vary", b"access-control-request-headers")
        return [(b"access-control-allow-headers", asked.encode("latin-1")), vary] if asked else [vary]


def _joined(name: bytes, values: Iterable[str]) -> Headers:
    value = ", ".join(sorted(values))
    return [(name, value.encode("latin-1"))] if value else []
