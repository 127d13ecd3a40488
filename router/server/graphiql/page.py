"""The page for people, at the address where programs ask, and the files it consists of."""

from __future__ import annotations

from pathlib import Path
from string import Template

from litestar import Response, Router
from litestar.datastructures import CacheControlHeader
from litestar.static_files import create_static_files_router

from router.gateway.media_type import prefers_html
from router.server.asgi import App, Receive, Scope, Send, headers_of

_FOLDER = Path(__file__).parent
_TEMPLATE = Template((_FOLDER / "page.html").read_text())
_ASSETS = "graphql/graphiql"

# No code and no data but the router's own. GraphiQL's menus write styles into the page as they open.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", _POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-cache"),
    (b"vary", b"accept"),
]


class GraphiqlPage:
    """Gives the page to whoever wants one most, that is to browsers sent here by their user; all else is `app`'s.

    A query in the address is put into the page, not run: a link must not ask in its reader's name.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD") or not prefers_html(headers_of(scope).get("accept", "")):
            await self._app(scope, receive, send)
            return
        # Relative to the address in the browser, which a proxy may have put a prefix to.
        above = "../" if scope["raw_path"].endswith(b"/") else ""
        body = _TEMPLATE.substitute(assets=above + _ASSETS).encode()
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, length]})
        await send({"type": "http.response.body", "body": body if scope["method"] == "GET" else b""})


def graphiql_assets() -> Router:
    """The scripts and styles of the page."""
    return create_static_files_router(
        f"/{_ASSETS}",
        directories=[_FOLDER / "assets"],
        cache_control=CacheControlHeader(max_age=3600),
        after_request=_as_declared,
    )


def _as_declared(response: Response[bytes]) -> Response[bytes]:
    response.headers["x-content-type-options"] = "nosniff"
    return response
