"""Origins: the pages that browsers may let talk to the router, beside its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from router.gateway.errors import GatewayError

ANY = "*"


class OriginSettingsError(Exception):
    """What the settings say about origins is none, or gives away what no browser would."""


class OriginNotAllowedError(GatewayError):
    """A page of another origin, and nobody has allowed it."""

    def __init__(self, origin: str) -> None:
        super().__init__("ORIGIN_NOT_ALLOWED", f"the origin {origin[:200]} is not allowed", 403)


class AllowedOrigins:
    """Exact origins, or `*`. Raises OriginSettingsError for what is no origin: it would silently allow nothing."""

    def __init__(self, origins: Iterable[str]) -> None:
        named = frozenset(origin.lower() for origin in origins)
        self.are_all = ANY in named
        self._named = named - {ANY}
        for origin in self._named:
            if origin != "null" and not _is_origin(origin):
                raise OriginSettingsError(f"{origin} is no origin: expected scheme://host[:port], or *")

    def __bool__(self) -> bool:
        return self.are_all or bool(self._named)

    def allow(self, origin: str) -> bool:
        return self.are_all or origin.lower() in self._named


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return bool(parts.hostname) and "@" not in parts.netloc and text == f"{parts.scheme}://{parts.netloc}"


def is_from_elsewhere(headers: Mapping[str, str], allowed: AllowedOrigins) -> bool:
    """Whether a browser sent this for a page that is neither the router's own nor allowed.

    `sec-fetch-site` is what the browser itself says, and no page can change; `none` is its user's own doing. Without it
    (an older browser, or no TLS) an `origin` counts that names another host than was asked. The scheme does not count:
    TLS may have ended before the router. A request with neither comes from no browser, or from one that keeps what it
    reads from the page: a page that may read, or that may change anything, sends its `origin`.
    """
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None and allowed.allow(origin):
        return False
    if site is not None:
        return site not in ("same-origin", "none")
    return origin is not None and origin.lower().partition("://")[2] != headers.get("host", "an unknown one").lower()
